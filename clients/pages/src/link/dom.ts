/** The element the template promises under this id. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return found;
}

/** Puts text into every element marked `data-text="name"`; hides it where there is none to show. */
export function fill(name: string, text: string | null): void {
  for (const element of document.querySelectorAll<HTMLElement>(`[data-text="${name}"]`)) {
    element.textContent = text ?? "";
    element.hidden = text === null;
  }
}

/** An element with text or children; all text goes in as text. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Shows one `<section data-view>` of the card, hides the others, and moves the focus to its heading or first field. */
export function showView(name: string): void {
  document.body.dataset["showing"] = name;
  for (const section of document.querySelectorAll<HTMLElement>("section[data-view]")) {
    section.hidden = section.dataset["view"] !== name;
    if (!section.hidden) section.querySelector<HTMLElement>("[data-focus]")?.focus({ preventScroll: true });
  }
}

/** Runs the handler for clicks on every element marked `data-action="name"`. */
export function onAction(name: string, handler: (event: Event) => void): void {
  for (const element of document.querySelectorAll<HTMLElement>(`[data-action="${name}"]`)) {
    element.addEventListener("click", handler);
  }
}

/** The JSON the template wrote into `<script type="application/json" id>`. */
export function pageData(id: string): unknown {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}
