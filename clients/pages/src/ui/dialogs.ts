import { onAction } from "./actions";
import { whileBusy } from "./busy";
import { find } from "./dom";
import { hideTyped } from "./typed";
import { wordsFor } from "./words";

/** What a person is asked before something that can't be undone. */
export type Question = {
  title: string;
  text: string;
  details?: Node;
  yes: string;
  busy: string;
  /** The deed; it answers false if the person did not go on after all. */
  run: () => Promise<unknown>;
  /** What the page shows of it, once the dialog is closed and the focus is back in the page. */
  after?: () => Promise<void>;
};

const withoutEscape = new WeakSet<HTMLDialogElement>();

/** Buttons that close the dialog they stand in, and what every dialog does when somebody wants it closed. */
export function wireDialogs(): void {
  onAction("close-dialog", (button) => {
    const dialog = button.closest("dialog");
    if (dialog !== null && !isWorking(dialog)) dialog.close();
  });
  // These events don't bubble, so they are caught on their way down.
  document.addEventListener("cancel", keepOpen, { capture: true });
  document.addEventListener("keydown", keepOpenAtEscape, { capture: true });
  document.addEventListener("close", hideTypedIn, { capture: true });
}

/** From now on only its own button closes the dialog. */
export function refuseEscape(dialog: HTMLDialogElement): void {
  withoutEscape.add(dialog);
}

function keepOpen(event: Event): void {
  if (event.target instanceof HTMLDialogElement && isKept(event.target)) event.preventDefault();
}

function hideTypedIn({ target }: Event): void {
  if (target instanceof HTMLDialogElement) hideTyped(target);
}

/** Chromium closes at a second Escape whatever the first one's `cancel` was answered. */
function keepOpenAtEscape(event: KeyboardEvent): void {
  if (event.key !== "Escape") return;
  const around = event.target instanceof Element ? event.target.closest("dialog") : null;
  // A press beside the dialog leaves nothing in it focused.
  const open = around === null ? [...document.querySelectorAll<HTMLDialogElement>("dialog:modal")] : [around];
  if (open.length > 0 && open.every(isKept)) event.preventDefault();
}

function isKept(dialog: HTMLDialogElement): boolean {
  return withoutEscape.has(dialog) || isWorking(dialog);
}

/** What is under way can't be called back: closing would only hide how it ends. Unlocking alone can be. */
function isWorking(dialog: HTMLDialogElement): boolean {
  return dialog.id !== "unlock-dialog" && dialog.querySelector("[type=submit][aria-busy=true]") !== null;
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
    let isDone = false;
    void whileBusy(yes, async () => {
      try {
        isDone = (await question.run()) !== false;
        dialog.close();
      } catch (error) {
        problem.textContent = wordsFor(error);
      }
    }).then(() => (isDone ? question.after?.() : undefined));
  };
  dialog.showModal();
}
