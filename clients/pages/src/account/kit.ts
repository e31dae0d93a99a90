import type { Account } from "@1relay/core";

import { onAction } from "../ui/actions";
import { find, make } from "../ui/dom";

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

/**
 * Shows a recovery key in place of the page's other content, once, until the person says it is saved: `done` is called then.
 * A vault that locks meanwhile, or a session that ends, takes it from the screen; another kit can be made.
 */
export function showKit(account: Account, recoveryKey: string, done: () => void): void {
  const kit = find("#kit", HTMLElement);
  const origin = account.api.origin;
  const facts = {
    email: account.user?.email ?? "",
    origin,
    date: DAY.format(new Date()),
    address: `${origin}/recover`,
  };
  for (const [name, words] of Object.entries(facts))
    find(`[data-kit="${name}"]`, HTMLElement, kit).textContent = words;
  const code = find("#kit-code", HTMLElement, kit);
  const text = find("#kit-text", HTMLElement, kit);
  code.replaceChildren(...recoveryKey.split("-").map((group) => make("li", {}, group)));
  text.textContent = recoveryKey;
  for (const view of document.querySelectorAll<HTMLElement>("[data-view]")) view.hidden = true;
  kit.hidden = false;
  window.scrollTo(0, 0);
  find("#kit-title", HTMLElement, kit).focus();

  window.addEventListener("beforeunload", warn);
  const end = (): void => {
    stopHearing();
    window.removeEventListener("beforeunload", warn);
    code.replaceChildren();
    text.textContent = "";
  };
  const stopHearing = account.onChange((state) => {
    if (state === "unlocked") return;
    end();
    // An empty sheet could be printed, and taken for a kit.
    kit.hidden = true;
    if (isUserPage()) {
      // The end of a session is startUserPage's to act on.
      if (state === "locked") location.reload();
    } else location.assign(state === "signed-out" ? "/signin" : "/security#kit-section");
  });
  onAction("print-kit", () => {
    window.print();
  });
  onAction("kit-saved", () => {
    end();
    done();
  });
}

/** Whether the page came for a session: then startUserPage hears of its end. */
function isUserPage(): boolean {
  return document.querySelector("#account-menu") !== null;
}

/** The head of a page that came before there was a session: its "Sign in" would lead nowhere. */
export function showSignedIn(): void {
  document.querySelector(".site-header__end")?.replaceChildren();
}

/** Leaving now loses a kit that nobody has written down. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
