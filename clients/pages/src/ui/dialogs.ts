import { onAction } from "./actions";
import { whileBusy } from "./busy";
import { find } from "./dom";
import { toast, toastsFollow } from "./toast";
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

const UNDER_WAY = "This is under way and can’t be called back any more. It is over in a moment.";
const withoutEscape = new WeakSet<HTMLDialogElement>();
const letsClose = new WeakSet<HTMLDialogElement>();

/** Buttons that close the dialog they stand in, and what every dialog does when somebody wants it closed. */
export function wireDialogs(): void {
  onAction("close-dialog", (button) => {
    const dialog = button.closest("dialog");
    if (dialog === null) return;
    if (isWorking(dialog)) toast(UNDER_WAY);
    else dialog.close();
  });
  new MutationObserver(markAll).observe(document.body, { subtree: true, attributeFilter: ["aria-busy"] });
  // These events don't bubble, so they are caught on their way down.
  document.addEventListener("cancel", keepOpen, { capture: true });
  document.addEventListener("keydown", keepOpenAtEscape, { capture: true });
  document.addEventListener("close", tidyClosed, { capture: true });
}

/** From now on only its own button closes the dialog. */
export function refuseEscape(dialog: HTMLDialogElement): void {
  withoutEscape.add(dialog);
}

/** Whether closing the dialog truly calls back what its button has begun. At first it does not. */
export function letClose(dialog: HTMLDialogElement, may: boolean): void {
  if (may) letsClose.add(dialog);
  else letsClose.delete(dialog);
  mark(dialog);
}

function markAll(changes: MutationRecord[]): void {
  const dialogs = changes.map(({ target }) => (target instanceof Element ? target.closest("dialog") : null));
  for (const dialog of new Set(dialogs)) if (dialog !== null) mark(dialog);
}

/** Its Cancel says that it does nothing now, and why. */
function mark(dialog: HTMLDialogElement): void {
  const works = isWorking(dialog);
  for (const button of dialog.querySelectorAll<HTMLButtonElement>("[data-action=close-dialog]")) {
    button.setAttribute("aria-disabled", String(works));
    button.title = works ? UNDER_WAY : "";
  }
}

function keepOpen(event: Event): void {
  if (event.target instanceof HTMLDialogElement && isKept(event.target)) event.preventDefault();
}

function tidyClosed({ target }: Event): void {
  if (!(target instanceof HTMLDialogElement)) return;
  hideTyped(target);
  toastsFollow();
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

/** What is under way can't be called back: closing would only hide how it ends. Unlocking can be, and what says so itself. */
function isWorking(dialog: HTMLDialogElement): boolean {
  const mayClose = dialog.id === "unlock-dialog" || letsClose.has(dialog);
  return !mayClose && dialog.querySelector("[aria-busy=true]") !== null;
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
