import { onAction } from "./actions";
import { whileBusy } from "./busy";
import { find } from "./dom";
import { wordsFor } from "./words";

/** What a person is asked before something that can't be undone. */
export type Question = {
  title: string;
  text: string;
  details?: Node;
  yes: string;
  busy: string;
  run: () => Promise<void>;
};

/** Buttons that close the dialog they stand in. */
export function wireDialogs(): void {
  onAction("close-dialog", (button) => {
    const dialog = button.closest("dialog");
    if (dialog !== null && !isWorking(dialog)) dialog.close();
  });
  // What is under way can't be called back: closing would only hide how it ends.
  const confirming = document.querySelector<HTMLDialogElement>("#confirm-dialog");
  confirming?.addEventListener("cancel", (event) => {
    if (isWorking(confirming)) event.preventDefault();
  });
  // Chromium closes at a second Escape whatever the first one's `cancel` was answered.
  confirming?.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isWorking(confirming)) event.preventDefault();
  });
}

function isWorking(dialog: HTMLDialogElement): boolean {
  return dialog.id === "confirm-dialog" && dialog.querySelector("[type=submit][aria-busy=true]") !== null;
}

/** Asks in the page's confirm dialog and runs `question.run` on yes; a failure stays readable in the dialog. */
export function confirmAction(question: Question): void {
  const dialog = find("#confirm-dialog", HTMLDialogElement);
  const form = find("form", HTMLFormElement, dialog);
  const yes = find("#confirm-yes", HTMLButtonElement, dialog);
  const problem = find("#confirm-error", HTMLElement, dialog);
  const details = find("#confirm-details", HTMLElement, dialog);
  find("#confirm-title", HTMLElement, dialog).textContent = question.title;
  find("#confirm-text", HTMLElement, dialog).textContent = question.text;
  yes.textContent = question.yes;
  yes.dataset["busyLabel"] = question.busy;
  problem.textContent = "";
  details.replaceChildren(...(question.details ? [question.details] : []));
  details.hidden = question.details === undefined;
  form.onsubmit = (event) => {
    event.preventDefault();
    void whileBusy(yes, async () => {
      try {
        await question.run();
        dialog.close();
      } catch (error) {
        problem.textContent = wordsFor(error);
      }
    });
  };
  dialog.showModal();
}
