import {
  freshNonce,
  readMessage,
  type FrameToWindowMessage,
  type WindowMessage,
} from "../../../link-sdk/src/messages.js";

const CLOSED_POLL_MS = 300;

type Answer = FrameToWindowMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, "nonce">
    : never
  : never;

type Events = {
  /** The origin the window may name on its consent screen; null while the app has not said hello. */
  appOrigin: () => string | null;
  onMessage: (
    message: Exclude<WindowMessage, { type: "1relay.window.hello" | "1relay.window.ping" }>,
  ) => void;
  /** The window has gone. `spoke`: it had said hello, so it was really ours and not merely cut off. */
  onClosed: (spoke: boolean) => void;
};

/** The frame's side of the talk with the first-party window: with the handle it opened, at this very origin, under nonces. */
export class WindowPort {
  readonly #handle: Window;
  readonly #events: Events;
  readonly #frameNonce = freshNonce();
  readonly #ending = new AbortController();
  readonly #poll: ReturnType<typeof setInterval>;
  #windowNonce: string | null = null;

  private constructor(handle: Window, events: Events) {
    this.#handle = handle;
    this.#events = events;
    addEventListener("message", this.#hear, { signal: this.#ending.signal });
    this.#poll = setInterval(() => {
      if (handle.closed) this.#closed();
    }, CLOSED_POLL_MS);
  }

  /**
   * Opens the window; null if the browser blocked it or keeps its handle back (the embedding page's opener policy).
   *
   * Must run inside a click handler. An anchor would do without, but it would be `noopener`.
   */
  static open(url: string, events: Events): WindowPort | null {
    const handle = window.open(url, "_blank", place());
    return handle ? new WindowPort(handle, events) : null;
  }

  focus(): void {
    this.#handle.focus();
  }

  /** Whether the window said hello, so that its result will come through this port. */
  get spoke(): boolean {
    return this.#windowNonce !== null;
  }

  send(message: Answer): void {
    if (this.#windowNonce === null) return;
    this.#handle.postMessage({ ...message, nonce: this.#windowNonce }, location.origin);
  }

  /** Stops listening; closes the window unless it is to stay. */
  end({ close }: { close: boolean }): void {
    this.#ending.abort();
    clearInterval(this.#poll);
    if (close) this.#handle.close();
  }

  #closed(): void {
    this.end({ close: false });
    this.#events.onClosed(this.spoke);
  }

  readonly #hear = (event: MessageEvent): void => {
    if (event.source !== this.#handle || event.origin !== location.origin) return;
    const message = readMessage("window", event.data);
    if (message?.type === "1relay.window.hello") {
      const appOrigin = this.#events.appOrigin();
      if (appOrigin === null) return;
      // A reloaded window says hello again, with a nonce of its own.
      this.#windowNonce = message.nonce;
      this.send({ type: "1relay.frame.hello", frameNonce: this.#frameNonce, appOrigin });
    } else if (message?.nonce === this.#frameNonce) {
      if (message.type === "1relay.window.ping") this.send({ type: "1relay.frame.pong", ping: message.ping });
      else this.#events.onMessage(message);
    }
  };
}

/** A popup in the middle of the browser window where there is room, and the whole screen on a phone. */
function place(): string {
  const width = Math.min(500, screen.availWidth);
  const height = Math.min(780, screen.availHeight);
  const left = Math.max(0, Math.round(screenX + (outerWidth - width) / 2));
  const top = Math.max(0, Math.round(screenY + (outerHeight - height) / 2));
  return `popup=yes,width=${width},height=${height},left=${left},top=${top}`;
}
