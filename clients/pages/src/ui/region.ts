import { find, make } from "./dom";
import { focusHeading, rescueFocus } from "./focus";
import { toast } from "./toast";

/**
 * Shows the newest state of one region after something was done. That the page could not be read says nothing about the
 * deed: it is told apart, and nothing is thrown. Keeps keyboard focus as near as can be to where it was.
 */
export async function refreshRegion(id: string): Promise<void> {
  try {
    await readRegion(id);
  } catch {
    toast("Done, but this page could not be refreshed. Reload it.", "bad");
  }
  rescueFocus(document.getElementById(id));
}

/**
 * Takes one region from the server's own rendering of this page, so that there is one source of what a row looks like.
 * Reloads a page that is no longer there, or is another one for this person now. Throws if the relay does not answer.
 */
export async function readRegion(id: string): Promise<void> {
  const answer = await fetch(location.pathname + location.search, {
    headers: { Accept: "text/html" },
    cache: "no-store",
  });
  if (answer.status === 429 || answer.status >= 500) throw new Error("The page can't be read now.");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  if (!answer.ok || answer.redirected || fresh === null) {
    location.reload();
    return;
  }
  const old = find(`#${id}`, HTMLElement);
  const place = placeIn(old);
  old.replaceWith(document.adoptNode(fresh));
  runScripts(fresh);
  if (place !== null) restoreFocus(place, fresh);
}

type Place = { owner: string | undefined; action: string | undefined; section: string | undefined };

/** Where the focus is in a region, null if it is elsewhere. */
function placeIn(region: HTMLElement): Place | null {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || !region.contains(focused)) return null;
  return {
    owner: focused.closest("[id]")?.id,
    action: focused.dataset["action"],
    section: focused.closest("[aria-labelledby]")?.getAttribute("aria-labelledby") ?? undefined,
  };
}

/**
 * The same button of the same row, another one of that row, the row itself; where it is gone, the heading it stood under. Never
 * a button of another row: whoever presses again would do to that one what was meant for this.
 */
function restoreFocus({ owner, action, section }: Place, region: HTMLElement): void {
  const row = owner === undefined ? null : document.getElementById(owner);
  const same = action === undefined ? null : `[data-action="${action}"]:not([hidden], :disabled)`;
  const any = row === region ? null : row?.querySelector("button");
  const found = (same && row?.querySelector(same)) ?? any ?? (row === region ? null : row);
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
  // Hidden, folded away or gone.
  if (!region.contains(document.activeElement))
    focusHeading((section === undefined ? null : document.getElementById(section)) ?? region);
}

/** Scripts that were parsed apart never run. One that the page has already does nothing again, being a module. */
function runScripts(region: HTMLElement): void {
  for (const { src } of region.querySelectorAll<HTMLScriptElement>('script[type="module"][src]'))
    document.head.append(make("script", { type: "module", src }));
}
