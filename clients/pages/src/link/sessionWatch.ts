import { saysLinkEnded, type LinkSession, type SessionClient } from "./session.js";

const POLL_MS = 2_000;

type Events = {
  /** The session ran out. */
  onExpired: () => void;
  /** What the relay says of it now. */
  onRead: (session: LinkSession) => void;
  /** The relay no longer knows the link token. */
  onEnded: (failure: unknown) => void;
};

/** Looks after a link session from the frame: by the clock, and where no window tells, by asking the relay. */
export class SessionWatch {
  readonly #client: SessionClient;
  readonly #events: Events;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;

  constructor(client: SessionClient, events: Events) {
    this.#client = client;
    this.#events = events;
  }

  /** Tells when the session runs out under the person's eyes. */
  awaitExpiry(session: LinkSession): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(this.#events.onExpired, this.#client.msLeft(session));
  }

  /** Asks every two seconds, while `isNeeded`. */
  poll(isNeeded: () => boolean): void {
    this.#poll ??= setInterval(() => {
      if (isNeeded()) void this.#read();
    }, POLL_MS);
  }

  stop(): void {
    clearTimeout(this.#expiry);
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  async #read(): Promise<void> {
    const session = await this.#client.read().catch((failure: unknown) => {
      if (saysLinkEnded(failure)) this.#events.onEnded(failure);
      return null;
    });
    if (session && this.#poll !== undefined) this.#events.onRead(session);
  }
}
