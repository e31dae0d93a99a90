/** Secrets that somebody types: shown on request, hidden and emptied when their place closes. */
import { find } from "./dom";

/** Shows what was typed into the field of a "Show" button, or hides it again. */
export function toggleTyped(button: HTMLButtonElement): void {
  show(button, button.getAttribute("aria-pressed") !== "true");
}

/** Hides every field below `place` that was shown: what is typed there next must not be read over a shoulder. */
export function hideTyped(place: ParentNode): void {
  const pressed = place.querySelectorAll<HTMLButtonElement>("[data-action=show-password][aria-pressed=true]");
  for (const button of pressed) show(button, false);
}

/** Hides and empties every password below `place`. */
export function forgetTyped(place: ParentNode): void {
  hideTyped(place);
  for (const field of place.querySelectorAll<HTMLInputElement>("input[type=password]")) field.value = "";
}

function show(button: HTMLButtonElement, shown: boolean): void {
  const input = find(`#${button.getAttribute("aria-controls") ?? ""}`, HTMLInputElement);
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.textContent = shown ? "Hide" : "Show";
}
