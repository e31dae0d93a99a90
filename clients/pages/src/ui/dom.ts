/** Small, strict ways to reach the server-rendered page. */

/** The one element a page must have. Throws, naming the selector, where the template lacks it. */
export function find<T extends Element>(
  selector: string,
  type: abstract new () => T,
  root: ParentNode = document,
): T {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`This page has no ${selector}.`);
  return found;
}

/** An element with attributes and children; text is always text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The closest ancestor a button works on. */
export function ownerOf(button: Element, selector: string): HTMLElement {
  const owner = button.closest(selector);
  if (!(owner instanceof HTMLElement)) throw new Error(`A button outside of ${selector}.`);
  return owner;
}

/** A data- attribute that the template always writes. */
export function dataOf(element: HTMLElement, name: string): string {
  const value = element.dataset[name];
  if (value === undefined) throw new Error(`This page has no data-${name}.`);
  return value;
}

/** The lines of a text area, trimmed, without empty ones. */
export function linesOf(field: HTMLTextAreaElement): string[] {
  return field.value
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
