/** Puts text into every element marked `data-text="name"`; hides it where there is none to show. */
export function fill(name: string, text: string | null): void {
  for (const element of document.querySelectorAll<HTMLElement>(`[data-text="${name}"]`)) {
    element.textContent = text ?? "";
    element.hidden = text === null;
  }
}

/** Shows one `<section data-view>` of the card, hides the others, and moves the focus to its heading or first field. */
export function showView(name: string): void {
  for (const section of document.querySelectorAll<HTMLElement>("section[data-view]")) {
    section.hidden = section.dataset["view"] !== name;
    if (!section.hidden) section.querySelector<HTMLElement>("[data-focus]")?.focus({ preventScroll: true });
  }
}

/** The JSON the template wrote into `<script type="application/json" id>`. */
export function pageData(id: string): unknown {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}
