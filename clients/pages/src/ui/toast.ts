import { find, make } from "./dom";

const SECONDS = 6;

/**
 * Says one thing at the foot of the window, above open dialogs, and to screen readers. What failed stays beside what is
 * said after it.
 */
export function toast(text: string, kind: "done" | "bad" = "done"): void {
  const region = find("#toasts", HTMLElement);
  hide(region);
  if (hasPopovers(region)) region.showPopover();
  const message = make("p", { class: kind === "bad" ? "toast toast--bad" : "toast" }, text);
  const failed = kind === "bad" ? [] : region.querySelectorAll(".toast--bad");
  region.replaceChildren(...failed, message);
  setTimeout(() => {
    message.remove();
    if (region.childElementCount === 0) hide(region);
  }, SECONDS * 1000);
}

function hide(region: HTMLElement): void {
  if (hasPopovers(region) && region.matches(":popover-open")) region.hidePopover();
}

/** Firefox before 125 and Safari before 17 have none: there the message stands at the foot of the page, below dialogs. */
function hasPopovers(region: HTMLElement): boolean {
  return typeof (region as Partial<HTMLElement>).showPopover === "function";
}
