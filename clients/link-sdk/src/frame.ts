import { freshNonce, readMessage, type AppMessage, type FrameMessage } from "./messages.js";
import { coverPage } from "./overlay.js";

const HELLO_TIMEOUT_MS = 10_000;

type Listener = {
  onMessage: (message: FrameMessage) => void;
  /** Ten seconds without an answer to our hello. */
  onSilence: () => void;
  /** Escape was pressed while the frame had no focus to hear it. */
  onDismiss: () => void;
};

/** The modal in the page, and the talk with it: only with that very frame, at exactly the relay's origin, under one nonce. */
export class Frame {
  readonly #origin: string;
  readonly #nonce = freshNonce();
  readonly #iframe: HTMLIFrameElement;
  readonly #listener: Listener;
  readonly #uncover: () => void;
  readonly #ending = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  #frameNonce: string | null = null;

  constructor(url: string, listener: Listener) {
    this.#origin = new URL(url).origin;
    this.#listener = listener;
    const { signal } = this.#ending;
    addEventListener(
      "message",
      (event) => {
        this.#hear(event);
      },
      { signal },
    );
    this.#iframe = document.createElement("iframe");
    this.#iframe.addEventListener(
      "load",
      () => {
        this.#post({ type: "1relay.app.hello", nonce: this.#nonce });
      },
      { signal },
    );
    this.#iframe.src = url;
    this.#uncover = coverPage(this.#iframe, listener.onDismiss);
    this.#timer = setTimeout(listener.onSilence, HELLO_TIMEOUT_MS);
  }

  /** Whether the frame could be told; before its hello there is nobody to tell. */
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
    this.#uncover();
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
    }
    this.#listener.onMessage(message);
  }
}
