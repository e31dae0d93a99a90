/** The form with every limit of one connection: read, checked in plain words, and sent as differences. */
import type { Account } from "@1relay/core";

import { dataOf, find, linesOf } from "../ui/dom";
import { FieldError, fieldOf, onSubmit } from "../ui/forms";
import { toast } from "../ui/toast";
import { centsOf } from "../ui/words";
import { changeConnection } from "./change";
import { connectionOf } from "./standing";
import { differences, givesMore, type Terms, termsOf } from "./terms";

type Wanted = Terms & { budgetCents: number };

const MOST_CENTS = 100_000_000;
const END_OF_DAY = "T23:59:59Z";

/** Makes the form work, if the page has one: what has ended has none. */
export function wireLimits(account: Account, refresh: () => Promise<void>): void {
  const form = document.querySelector<HTMLFormElement>("#limits-form");
  if (form === null) return;
  onSubmit(form, find("#limits-error", HTMLElement, form), async () => {
    const old = shownTerms();
    const wanted = wantedBy(form, old);
    const body = differences(wanted, old);
    if (Object.keys(body).length === 0) {
      toast("Nothing has changed");
      return;
    }
    const id = dataOf(connectionOf(form), "connection");
    await changeConnection(account, { id, refresh }, body, givesMore(wanted, old), "Limits saved");
  });
}

/** What stands in the form and is not saved yet, as a way to put it into the form that comes in its place. */
export function unsavedLimits(): () => void {
  const changed = fieldsOf(document).filter((field) => valueOf(field) !== savedOf(field));
  return () => {
    for (const now of fieldsOf(document)) {
      const typed = changed.find(({ name }) => name === now.name);
      if (typed instanceof HTMLInputElement && now instanceof HTMLInputElement) now.checked = typed.checked;
      if (typed !== undefined) now.value = typed.value;
    }
  };
}

function fieldsOf(page: ParentNode): (HTMLInputElement | HTMLTextAreaElement)[] {
  return [...page.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("#limits-form [name]")];
}

function valueOf(field: HTMLInputElement | HTMLTextAreaElement): string {
  return field instanceof HTMLInputElement && field.type === "checkbox" ? String(field.checked) : field.value;
}

function savedOf(field: HTMLInputElement | HTMLTextAreaElement): string {
  return field instanceof HTMLInputElement && field.type === "checkbox"
    ? String(field.defaultChecked)
    : field.defaultValue;
}

function shownTerms(): Wanted {
  return termsOf(
    JSON.parse(find("#terms", HTMLScriptElement).textContent) as Partial<Terms> & { budgetCents: number },
  );
}

function wantedBy(form: HTMLFormElement, old: Wanted): Wanted {
  const input = (name: string): HTMLInputElement => fieldOf(form, name, HTMLInputElement);
  const budgetCents = cents(input("budget"));
  const dailyCents = cents(input("daily"));
  if (budgetCents === null)
    throw new FieldError(input("budget"), "Every connection has a monthly budget. Type an amount.");
  if (dailyCents !== null && dailyCents > budgetCents)
    throw new FieldError(
      input("daily"),
      "The daily budget is above the monthly one. Lower it, or leave it empty.",
    );
  return {
    budgetCents,
    dailyCents,
    requestsPerMinute: count(input("requestsPerMinute"), 100_000),
    concurrency: count(input("concurrency"), 10_000),
    models: models(fieldOf(form, "models", HTMLTextAreaElement)),
    expiresAt: ending(input("expires"), old.expiresAt),
    allowUnpriced: input("allowUnpriced").checked,
  };
}

function cents(field: HTMLInputElement): number | null {
  if (field.value.trim() === "") return null;
  const amount = centsOf(field.value);
  if (amount === null || amount === 0 || amount > MOST_CENTS)
    throw new FieldError(field, "Type an amount from $0.01 to $1,000,000, such as 12 or 12.50.");
  return amount;
}

function count(field: HTMLInputElement, most: number): number | null {
  const text = field.value.trim();
  if (text === "") return null;
  const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most)
    throw new FieldError(field, `Type a whole number from 1 to ${most.toLocaleString("en-US")}, or nothing.`);
  return number;
}

function models(field: HTMLTextAreaElement): string[] | null {
  const names = [...new Set(linesOf(field))];
  if (names.length > 200) throw new FieldError(field, "Name at most 200 models.");
  if (names.some((name) => name.length > 200))
    throw new FieldError(field, "A model’s name has at most 200 characters.");
  return names.length === 0 ? null : names;
}

/** The end of the chosen day; a day that was not touched keeps its exact time. */
function ending(field: HTMLInputElement, old: string | null): string | null {
  if (field.validity.badInput) throw new FieldError(field, "Choose a day, or empty the field.");
  if (field.value === "") return null;
  if (old?.startsWith(field.value) === true) return old;
  const at = `${field.value}${END_OF_DAY}`;
  if (Date.parse(at) <= Date.now())
    throw new FieldError(field, "Choose a day that is not over. To end it now, revoke it.");
  return at;
}
