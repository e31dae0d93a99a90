import type { Display, DisplayEvents } from "./display.js";

/** This very page goes to 1Relay, and comes back to the redirect URI. */
export class Here implements Display {
  readonly page = "link";
  readonly #ending = new AbortController();

  constructor(events: DisplayEvents) {
    // The Back button may bring this page back as it was left, waiting.
    const show = (event: PageTransitionEvent) => {
      if (event.persisted) events.onGone("exited");
    };
    addEventListener("pageshow", show, { signal: this.#ending.signal });
  }

  load(url: string): void {
    location.assign(url);
  }

  askToExit(): boolean {
    return false;
  }

  remove(): void {
    this.#ending.abort();
  }
}
