/** /: the button that holds the moving picture. */
import { onAction } from "./ui/actions";
import { find } from "./ui/dom";

onAction("pause-show", (button) => {
  const isHeld = find("#show", HTMLElement).classList.toggle("show--held");
  button.setAttribute("aria-pressed", String(isHeld));
});
