/** /verify-email: hands the token of a mailed link to the relay. It is in the fragment, so that no log ever has it. */
import { Account, RelayError } from "@1relay/core";

import { find, make } from "./ui/dom";
import { startAnyPage, startUserPage } from "./ui/page";
import { wordsFor } from "./ui/words";

const isSignedIn = document.querySelector('meta[name="session-id"]') !== null;
const account = isSignedIn ? startUserPage() : Account.fromPage();
if (!isSignedIn) startAnyPage();

const card = find("#verify-email-page", HTMLElement);
const token = location.hash.slice(1);
// Out of the address bar and the history before anything else can read it.
history.replaceState(null, "", location.pathname);

function say(state: string, title: string, text: string): void {
  card.dataset["state"] = state;
  find("[data-title]", HTMLElement, card).textContent = title;
  find("[data-text]", HTMLElement, card).textContent = text;
  find("[data-next]", HTMLElement, card).hidden = false;
}

/** The link is as good as before; its token is in this page's memory alone, so that a reload would lose it. */
function offerAgain(why: string): void {
  say("unanswered", "Your address could not be confirmed", why);
  const again = make("button", { type: "button", class: "button" }, "Try again");
  again.addEventListener("click", () => {
    again.remove();
    void confirm();
  });
  const next = find("[data-next]", HTMLElement, card);
  next.hidden = true;
  next.before(again);
  again.focus();
}

async function confirm(): Promise<void> {
  if (token === "") {
    say(
      "refused",
      "This link is not whole",
      "Open the link from the mail once more, or have a new one sent.",
    );
    return;
  }
  try {
    await account.api.post("/v1/auth/verify-email", { token });
    say(
      "done",
      "Your address is confirmed",
      "1Relay can now tell you when a budget runs low or a key stops working.",
    );
  } catch (error) {
    if (error instanceof RelayError && (error.status === 0 || error.status >= 500)) {
      offerAgain(wordsFor(error));
      return;
    }
    const isStale = error instanceof RelayError && error.code === "invalid_request";
    const text = isStale
      ? "It is older than 24 hours, or not whole. Sign in and have a new one sent."
      : wordsFor(error);
    say("refused", "This link does not work", text);
  }
}

void confirm();
