import { whileBusy } from "./busy";
import { toast } from "./toast";
import { wordsFor } from "./words";

type Handler = (button: HTMLButtonElement) => void | Promise<void>;

const handlers = new Map<string, Handler>();

/** Handles every press of a `data-action` button with that name, now in the page or put there later. */
export function onAction(name: string, handler: Handler): void {
  if (handlers.size === 0) document.addEventListener("click", dispatch);
  handlers.set(name, handler);
}

function dispatch(event: MouseEvent): void {
  const button = event.target instanceof Element ? event.target.closest("[data-action]") : null;
  if (!(button instanceof HTMLButtonElement)) return;
  const handler = handlers.get(button.dataset["action"] ?? "");
  if (handler === undefined || button.getAttribute("aria-busy") === "true") return;
  const outcome = handler(button);
  if (outcome === undefined) return;
  void whileBusy(button, async () => {
    try {
      await outcome;
    } catch (error) {
      toast(wordsFor(error), "bad");
    }
  });
}
