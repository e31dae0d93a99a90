import type { Display, DisplayEvents } from "./display.js";
import { RETURN_EVENT, type ReturnDetail } from "./resume.js";

const CLOSED_POLL_MS = 300;

/** 1Relay's own page in a tab of its own, opened within the click; its outcome comes from the redirect URI's page in that tab. */
export class Tab implements Display {
  readonly page = "link";
  readonly #handle: Window | null;
  readonly #ending = new AbortController();
  readonly #poll: ReturnType<typeof setInterval>;

  constructor(events: DisplayEvents) {
    // Later, when the link token is there, the browser would no longer count the click.
    const handle = (this.#handle = window.open("about:blank", "_blank"));
    const hear = (event: Event) => {
      const { from, returned } = (event as CustomEvent<ReturnDetail>).detail;
      if (from !== handle) return;
      event.preventDefault();
      events.onReturn(returned);
    };
    addEventListener(RETURN_EVENT, hear, { signal: this.#ending.signal });
    this.#poll = setInterval(() => {
      if (handle?.closed) events.onGone("exited");
    }, CLOSED_POLL_MS);
    if (!handle) setTimeout(events.onFail, 0, "window_blocked");
  }

  load(url: string): void {
    this.#handle?.location.replace(url);
  }

  askToExit(): boolean {
    return false;
  }

  remove(): void {
    this.#ending.abort();
    clearInterval(this.#poll);
    this.#handle?.close();
  }
}
