import { whileBusy } from "./busy";
import { find } from "./dom";
import { fieldErrors, wordsFor } from "./words";

export type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** A refusal that belongs to one field of the form. */
export class FieldError extends Error {
  readonly field: Field;

  constructor(field: Field, why: string) {
    super(why);
    this.field = field;
  }
}

/**
 * Submits by script: the button shows progress, and failures appear beside their fields or in `general`. Only now may the
 * button be pressed: a form that the browser submitted by itself would send what was typed.
 */
export function onSubmit(form: HTMLFormElement, general: Element, task: () => Promise<void>): void {
  const button = find("button[type=submit]", HTMLButtonElement, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(button, async () => {
      clearErrors(form, general);
      try {
        await task();
      } catch (error) {
        showError(form, general, error);
      }
    });
  });
  form.addEventListener("input", ({ target }) => {
    const field = fieldsOf(form).find((each) => each === target);
    if (field?.hasAttribute("aria-invalid") === true) setFieldError(field, "");
  });
  button.disabled = false;
}

/** Removes every message of an earlier attempt. */
export function clearErrors(form: HTMLFormElement, general: Element): void {
  general.textContent = "";
  for (const field of fieldsOf(form)) setFieldError(field, "");
}

/** Writes `why` below the field and marks it; an empty `why` clears both. */
export function setFieldError(field: Field, why: string): void {
  const place = document.getElementById(`${field.id}-error`);
  if (place !== null) place.textContent = why;
  if (why === "") field.removeAttribute("aria-invalid");
  else field.setAttribute("aria-invalid", "true");
}

/** The value of a field that must have one. */
export function required(field: Field, why: string): string {
  if (field.value.trim() === "") throw new FieldError(field, why);
  return field.value;
}

/** A field of the form by its name. */
export function fieldOf<T extends Field>(form: HTMLFormElement, name: string, type: abstract new () => T): T {
  return find(`[name="${name}"]`, type, form);
}

function showError(form: HTMLFormElement, general: Element, error: unknown): void {
  if (error instanceof FieldError) {
    setFieldError(error.field, error.message);
    error.field.focus();
    return;
  }
  const byName = fieldErrors(error);
  const named = fieldsOf(form).filter((field) => field.name in byName);
  for (const field of named) setFieldError(field, byName[field.name] ?? "");
  if (named.length === 0) general.textContent = wordsFor(error);
  named[0]?.focus();
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter(
    (element): element is Field =>
      element instanceof HTMLInputElement ||
      element instanceof HTMLTextAreaElement ||
      element instanceof HTMLSelectElement,
  );
}
