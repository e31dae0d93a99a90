import { freshNonce, readMessage, type FrameMessage } from "../../../link-sdk/src/messages.js";

type WithoutNonce<Message> = Message extends unknown ? Omit<Message, "nonce"> : never;

type Events = {
  /** The app's page said hello, from this origin of the session. Told once. */
  onHello: (origin: string) => void;
  onExitRequest: () => void;
};

/** The frame's side of the talk with the app's page: with the parent window alone, at the origin of its first good hello. */
export class AppPort {
  readonly #origins: string[];
  readonly #events: Events;
  readonly #frameNonce = freshNonce();
  #app: { origin: string; nonce: string } | null = null;

  /** `origins`: those of the link session, the only ones that may embed this frame or hear from it. */
  constructor(origins: string[], events: Events) {
    this.#origins = origins;
    this.#events = events;
    addEventListener("message", (event) => {
      this.#hear(event);
    });
  }

  /** The origin that will be given the public token; null before its hello. */
  get origin(): string | null {
    return this.#app?.origin ?? null;
  }

  send(message: WithoutNonce<FrameMessage>): void {
    if (!this.#app) return;
    parent.postMessage({ ...message, nonce: this.#app.nonce }, this.#app.origin);
  }

  #hear(event: MessageEvent): void {
    if (event.source !== parent || !this.#origins.includes(event.origin)) return;
    const message = readMessage("app", event.data);
    if (message?.type === "1relay.app.hello") this.#greet(event.origin, message.nonce);
    else if (message?.nonce === this.#frameNonce && event.origin === this.#app?.origin)
      this.#events.onExitRequest();
  }

  /** A hello again (the page asks anew after a reload of this frame) keeps origin and nonce; another one is not answered. */
  #greet(origin: string, nonce: string): void {
    const isFirst = this.#app === null;
    this.#app ??= { origin, nonce };
    if (this.#app.origin !== origin || this.#app.nonce !== nonce) return;
    this.send({ type: "1relay.frame.ready", frameNonce: this.#frameNonce });
    if (isFirst) this.#events.onHello(origin);
  }
}
