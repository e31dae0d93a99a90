import { refuseEscape } from "../ui/dialogs";
import { find } from "../ui/dom";

/** Shows a client secret this once; `closed` runs when the person says that it is saved. */
export function showSecret(
  secret: { clientId?: string; clientSecret: string; note?: string },
  closed: () => void,
): void {
  const dialog = find("#secret-dialog", HTMLDialogElement);
  const value = find("#secret-value", HTMLElement, dialog);
  value.textContent = secret.clientSecret;
  if (secret.clientId !== undefined) {
    find("#secret-client-id", HTMLElement, dialog).textContent = secret.clientId;
  }
  const note = find("[data-secret-note]", HTMLElement, dialog);
  if (secret.note !== undefined) note.textContent = secret.note;
  // Escape would lose the only sight of it.
  refuseEscape(dialog);
  dialog.onclose = () => {
    value.textContent = "";
    closed();
  };
  dialog.showModal();
}
