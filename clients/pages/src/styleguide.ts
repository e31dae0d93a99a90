/** /styleguide, in debug: paints the swatches and opens what is closed at first. */
import { onAction } from "./ui/actions";
import { confirmAction, wireDialogs } from "./ui/dialogs";
import { dataOf, find } from "./ui/dom";
import { startAnyPage, startUserPage } from "./ui/page";
import { toast } from "./ui/toast";

const isSignedIn = document.querySelector("meta[name=user-id]") !== null;
if (isSignedIn) startUserPage();
else {
  startAnyPage();
  wireDialogs();
}

for (const swatch of document.querySelectorAll<HTMLElement>("[data-token]")) {
  swatch.style.background = `var(--${dataOf(swatch, "token")})`;
}

onAction("guide-toast", () => {
  toast("Budget saved");
});
onAction("guide-bad-toast", () => {
  toast("The relay can’t be reached. Check your connection and try again.", "bad");
});
onAction("guide-dialog", () => {
  find("#guide-dialog", HTMLDialogElement).showModal();
});
onAction("guide-confirm", () => {
  confirmAction({
    title: "Revoke Quill?",
    text: "Its sealed keys are deleted, and its next call is refused. To use it again you connect it anew.",
    yes: "Revoke",
    busy: "Revoking…",
    run: () => new Promise((resolve) => setTimeout(resolve, 1500)),
  });
});
