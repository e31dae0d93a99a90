import { find } from "../ui/dom.js";
import { fill, showView } from "./dom.js";

/** So long the window stays after it has done its work. */
const GOODBYE_MS = 2_500;

export type Ending = {
  title: string;
  text: string;
  /** The window closes itself after a moment. */
  closes: boolean;
  /** The vault was made in this window: there is no recovery kit yet. The window stays until it is closed. */
  isNewcomer: boolean;
};

/** The last view: what is so from now on, and where to change it. */
export function showDone({ title, text, closes, isNewcomer }: Ending): void {
  fill("done-title", title);
  fill("done-text", text);
  find("#done-kit", HTMLElement).hidden = !isNewcomer;
  find("#done-foot", HTMLElement).hidden = window.opener === null;
  showView("done");
  if (closes && !isNewcomer)
    setTimeout(() => {
      window.close();
    }, GOODBYE_MS);
}

/** Says so while there is no network; nothing that was typed or ticked is lost by that. */
export function watchNetwork(): void {
  const show = () => {
    find("#offline", HTMLElement).textContent = navigator.onLine
      ? ""
      : "You are offline. Nothing is lost: go on when the network is back.";
  };
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}
