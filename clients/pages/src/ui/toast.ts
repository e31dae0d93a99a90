import { find, make } from "./dom";

const SECONDS = 6;

/** Says one thing at the foot of the window, above open dialogs, and to screen readers. */
export function toast(text: string, kind: "done" | "bad" = "done"): void {
  const region = find("#toasts", HTMLElement);
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
  const message = make("p", { class: kind === "bad" ? "toast toast--bad" : "toast" }, text);
  region.replaceChildren(message);
  setTimeout(() => {
    message.remove();
    if (region.childElementCount === 0 && region.matches(":popover-open")) region.hidePopover();
  }, SECONDS * 1000);
}
