import {
  freshNonce,
  readMessage,
  type FrameToWindowMessage,
  type WindowMessage,
} from "../../../link-sdk/src/messages.js";

const ANSWER_MS = 2_000;
/** A frame whose page is busy gets the hello more than once within the two seconds. */
const HELLO_EVERY_MS = 400;

type Said = Exclude<WindowMessage, { type: "1relay.window.hello" }>;
type WithoutNonce<Message> = Message extends unknown ? Omit<Message, "nonce"> : never;

/** The window's side of the talk with the frame that opened it: same origin, same source, nonces both ways. */
export class OpenerPort {
  readonly appOrigin: string;
  readonly #opener: Window;
  readonly #nonce: string;
  readonly #frameNonce: string;

  private constructor(opener: Window, nonce: string, frameNonce: string, appOrigin: string) {
    this.#opener = opener;
    this.#nonce = nonce;
    this.#frameNonce = frameNonce;
    this.appOrigin = appOrigin;
  }

  /** Says hello to the opener; null if no frame of this origin answers correctly within two seconds. */
  static async greet(): Promise<OpenerPort | null> {
    const opener = window.opener as Window | null;
    if (!opener) return null;
    const nonce = freshNonce();
    // The target origin is our own: were the opener another site, the browser would drop this.
    const sayHello = () => {
      opener.postMessage({ type: "1relay.window.hello", nonce } satisfies WindowMessage, location.origin);
    };
    const repeat = setInterval(sayHello, HELLO_EVERY_MS);
    sayHello();
    const answer = await hear(opener, nonce, "1relay.frame.hello");
    clearInterval(repeat);
    return answer ? new OpenerPort(opener, nonce, answer.frameNonce, answer.appOrigin) : null;
  }

  send(message: WithoutNonce<Said>): void {
    this.#opener.postMessage({ ...message, nonce: this.#frameNonce }, location.origin);
  }

  /** Whether the frame is still there, with the app's page around it. */
  async isAlive(): Promise<boolean> {
    if (this.#opener.closed) return false;
    const ping = freshNonce();
    const pong = hear(this.#opener, this.#nonce, "1relay.frame.pong", (message) => message.ping === ping);
    this.send({ type: "1relay.window.ping", ping });
    return (await pong) !== null;
  }

  /** Hands the result over; true once the frame has said that it has it. */
  async deliver(result: Extract<Said, { type: "1relay.window.approved" }>["result"]): Promise<boolean> {
    const received = hear(this.#opener, this.#nonce, "1relay.frame.received");
    this.send({ type: "1relay.window.approved", result });
    return (await received) !== null;
  }
}

type Named<Type extends FrameToWindowMessage["type"]> = Extract<FrameToWindowMessage, { type: Type }>;

/** The next such message from that window, of this origin and with that nonce; null after two seconds. */
function hear<Type extends FrameToWindowMessage["type"]>(
  source: Window,
  nonce: string,
  type: Type,
  fits: (message: Named<Type>) => boolean = () => true,
): Promise<Named<Type> | null> {
  return new Promise((resolve) => {
    const ending = new AbortController();
    const settle = (message: Named<Type> | null) => {
      ending.abort();
      clearTimeout(timer);
      resolve(message);
    };
    const timer = setTimeout(settle, ANSWER_MS, null);
    const listen = (event: MessageEvent) => {
      if (event.source !== source || event.origin !== location.origin) return;
      const message = readMessage("frameToWindow", event.data);
      if (message?.nonce !== nonce || message.type !== type) return;
      const named = message as Named<Type>;
      if (fits(named)) settle(named);
    };
    addEventListener("message", listen, { signal: ending.signal });
  });
}
