import type { Reseal, ResealRefusal } from "@1relay/core";

import { find, make } from "../ui/dom";

const REFUSED: Record<ResealRefusal, string> = {
  tampered: "its note of what you approved can’t be opened",
  other_client: "your note of what you approved names another app",
  not_approved: "you never approved this provider for it",
  expired: "it has reached its end",
};

/** Lists which connections get the new key, ticked, and which will lose the provider and why. */
export function showReseals(dialog: HTMLElement, reseals: Reseal[]): void {
  find("#reseal-field", HTMLElement, dialog).hidden = reseals.length === 0;
  find("#reseal-list", HTMLElement, dialog).replaceChildren(...reseals.map(choice));
}

/** The ids of all connections in the list. */
export function shownIn(dialog: HTMLElement): string[] {
  return [...dialog.querySelectorAll<HTMLInputElement>("#reseal-list input")].map((box) => box.value);
}

/** The ids of the connections the person has unticked. */
export function droppedIn(dialog: HTMLElement): string[] {
  const boxes = dialog.querySelectorAll<HTMLInputElement>("#reseal-list input");
  return [...boxes].filter((box) => !box.checked && !box.disabled).map((box) => box.value);
}

function choice(reseal: Reseal): HTMLElement {
  const box = make("input", { type: "checkbox", value: reseal.connectionId });
  box.checked = reseal.refused === null;
  box.disabled = reseal.refused !== null;
  const text = make("span", {}, make("strong", {}, make("bdi", {}, reseal.name)));
  if (reseal.refused !== null) text.append(` will lose this key: ${REFUSED[reseal.refused]}.`);
  return make("label", { class: "check" }, box, text);
}
