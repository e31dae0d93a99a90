import { VaultError } from "@1relay/core";

import { FieldError } from "../ui/forms";

/** What a field of the master password holds. Throws FieldError where it is empty. */
export function typedPassword(field: HTMLInputElement): string {
  if (field.value === "") throw new FieldError(field, "Type your master password.");
  return field.value;
}

/** The same error beside the field, if the password in it was the wrong one. */
export function besidePassword(error: unknown, field: HTMLInputElement): unknown {
  if (!(error instanceof VaultError) || error.code !== "wrong_password") return error;
  field.select();
  return new FieldError(field, "That is not your master password. Try again.");
}
