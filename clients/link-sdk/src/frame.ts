import type { Display, DisplayEvents } from "./display.js";
import { freshNonce, readMessage, type AppMessage } from "./messages.js";
import { coverPage, type Cover } from "./overlay.js";

const HELLO_TIMEOUT_MS = 10_000;

/** The modal in the page, and the talk with it: only with that very frame, at exactly the relay's origin, under one nonce. */
export class Frame implements Display {
  readonly page = "link/frame";
  readonly #nonce = freshNonce();
  readonly #events: DisplayEvents;
  readonly #cover: Cover;
  readonly #iframe = document.createElement("iframe");
  readonly #ending = new AbortController();
  #origin = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frameNonce: string | null = null;

  constructor(events: DisplayEvents) {
    this.#events = events;
    this.#cover = coverPage(events);
  }

  load(url: string): void {
    this.#origin = new URL(url).origin;
    const { signal } = this.#ending;
    addEventListener(
      "message",
      (event) => {
        this.#hear(event);
      },
      { signal },
    );
    this.#iframe.addEventListener(
      "load",
      () => {
        this.#post({ type: "1relay.app.hello", nonce: this.#nonce });
      },
      { signal },
    );
    this.#iframe.src = url;
    this.#cover.show(this.#iframe);
    this.#timer = setTimeout(this.#events.onFail, HELLO_TIMEOUT_MS, "frame_unreachable");
  }

  /** Before the frame's hello there is nobody to ask. */
  askToExit(): boolean {
    if (this.#frameNonce === null) return false;
    this.#post({ type: "1relay.app.exit", nonce: this.#frameNonce });
    return true;
  }

  /** Takes the modal away and gives focus and scrolling back. */
  remove(): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    clearTimeout(this.#timer);
    this.#cover.lift();
  }

  #post(message: AppMessage): void {
    this.#iframe.contentWindow?.postMessage(message, this.#origin);
  }

  #hear(event: MessageEvent): void {
    if (event.source !== this.#iframe.contentWindow || event.origin !== this.#origin) return;
    const message = readMessage("frame", event.data);
    if (message?.nonce !== this.#nonce) return;
    if (message.type === "1relay.frame.ready") {
      clearTimeout(this.#timer);
      this.#frameNonce = message.frameNonce;
    } else this.#events.onMessage(message);
  }
}
