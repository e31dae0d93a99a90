/** Where the keyboard goes on when what it stood on is gone. */

/** The heading of what surrounds `near`, or the page's own, takes the focus, so that a screen reader says where one is. */
export function focusHeading(near: Element | null): void {
  const around = near?.closest("[aria-labelledby]")?.getAttribute("aria-labelledby") ?? "";
  const heading = headingOf(around) ?? document.querySelector<HTMLElement>("main h1");
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** The same, but only where the focus is lost: on nothing, or on what is no longer on show. */
export function rescueFocus(near: Element | null = null): void {
  const focused = document.activeElement;
  const isLost = focused === null || focused === document.body || focused.getClientRects().length === 0;
  if (isLost && document.querySelector("dialog:modal") === null) focusHeading(near);
}

/** An element that names a part of the page and is on show; null for the title of a dialog, or of what has gone. */
function headingOf(id: string): HTMLElement | null {
  const found = document.getElementById(id);
  return found !== null && found.closest("dialog") === null && found.getClientRects().length > 0
    ? found
    : null;
}
