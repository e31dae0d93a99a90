import { find, make } from "./dom";

const SECONDS = 6;
/** A region that has just been moved is not listened to yet. */
const SETTLE_MS = 100;

/**
 * Says one thing at the foot of the window, above open dialogs, and to screen readers. What failed stays beside what is
 * said after it.
 */
export function toast(text: string, kind: "done" | "bad" = "done"): void {
  const region = find("#toasts", HTMLElement);
  if (toastsFollow()) setTimeout(say, SETTLE_MS, region, text, kind);
  else say(region, text, kind);
}

/**
 * Moves the region into the dialog on top, or back to the page: whatever is outside a modal dialog is inert, and neither read out
 * nor reached. Answers whether it moved.
 */
export function toastsFollow(): boolean {
  const region = find("#toasts", HTMLElement);
  const place = dialogOnTop() ?? document.body;
  if (region.parentElement === place) return false;
  place.append(region);
  if (region.childElementCount > 0) show(region);
  return true;
}

function say(region: HTMLElement, text: string, kind: "done" | "bad"): void {
  hide(region);
  show(region);
  const message = make("p", { class: kind === "bad" ? "toast toast--bad" : "toast" }, text);
  const failed = kind === "bad" ? [] : region.querySelectorAll(".toast--bad");
  region.replaceChildren(...failed, message);
  setTimeout(() => {
    message.remove();
    if (region.childElementCount === 0) hide(region);
  }, SECONDS * 1000);
}

/** The focus is in the dialog that was opened last; a press beside it leaves nothing focused. */
function dialogOnTop(): Element | null {
  const focused = document.activeElement?.closest("dialog:modal") ?? null;
  return focused ?? [...document.querySelectorAll("dialog:modal")].at(-1) ?? null;
}

function show(region: HTMLElement): void {
  if (hasPopovers(region)) region.showPopover();
}

function hide(region: HTMLElement): void {
  if (hasPopovers(region) && region.matches(":popover-open")) region.hidePopover();
}

/** Firefox before 125 and Safari before 17 have none: there the message stands at the foot of the page, below dialogs. */
function hasPopovers(region: HTMLElement): boolean {
  return typeof (region as Partial<HTMLElement>).showPopover === "function";
}
