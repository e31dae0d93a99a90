import { dataOf, find } from "../ui/dom";

const PROVIDER_KEY = /^[\x21-\x7e]{8,512}$/;

/** Why this can't be saved as a provider key; null if it can. A shape is a hint, never a gate, but for admin keys. */
export function keyProblem(provider: HTMLSelectElement, apiKey: string): string | null {
  if (apiKey === "") return "Paste the provider key.";
  if (!PROVIDER_KEY.test(apiKey)) {
    return "A provider key has 8 to 512 plain characters without spaces. Copy it again.";
  }
  const refused = JSON.parse(dataOf(chosen(provider), "refused")) as [string, string][];
  return refused.find(([shape]) => new RegExp(shape).test(apiKey))?.[1] ?? null;
}

/** Shows where the provider gives out keys, whether it is unconfirmed, and a doubt if what was typed looks unlike its keys. */
export function showProvider(dialog: HTMLElement, provider: HTMLSelectElement, apiKey: string): void {
  const option = chosen(provider);
  const link = find("#key-page-link", HTMLAnchorElement, dialog);
  const page = dataOf(option, "keyPage");
  link.hidden = page === "";
  if (page !== "") {
    link.href = page;
    link.textContent = `Get a key at ${new URL(page).host}`;
  }
  find("[data-unconfirmed-note]", HTMLElement, dialog).hidden = !("unconfirmed" in option.dataset);
  find("[data-shape-note]", HTMLElement, dialog).textContent = doubt(provider, option, apiKey);
}

function doubt(provider: HTMLSelectElement, option: HTMLOptionElement, apiKey: string): string {
  if (apiKey.length < 8 || fits(option, apiKey)) return "";
  const better = [...provider.options].find((other) => other !== option && fits(other, apiKey));
  if (better !== undefined) return `This looks like a key of ${dataOf(better, "name")}.`;
  if (shapesOf(option).length === 0) return "";
  return `This does not look like a usual ${dataOf(option, "name")} key. You can save it all the same.`;
}

function fits(option: HTMLOptionElement, apiKey: string): boolean {
  return shapesOf(option).some((shape) => new RegExp(shape).test(apiKey));
}

function shapesOf(option: HTMLOptionElement): string[] {
  return JSON.parse(dataOf(option, "shapes")) as string[];
}

function chosen(provider: HTMLSelectElement): HTMLOptionElement {
  const option = provider.selectedOptions[0];
  if (option === undefined) throw new Error("No provider is chosen.");
  return option;
}
