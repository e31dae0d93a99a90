import { frameUrl, isLinkToken, isWebAddress } from "./address.js";
import { Frame } from "./frame.js";
import type { FrameMessage } from "./messages.js";
import type { LinkError, LinkExitMetadata, LinkHandler, LinkOptions } from "./types.js";

const EXIT_ANSWER_MS = 1_000;

/** Error codes of Link's own, with what a developer reads: "errors" of spec/link_events.json. */
const ERRORS = {
  invalid_token:
    "`token` is not a link token. Pass the linkToken your server got from POST /v1/link/sessions.",
  invalid_base_url: "`apiBaseUrl` is not a web address. Pass the relay's, such as https://relay.example.",
  insecure_context: "1Relay Link needs a page served over https (or from localhost).",
  frame_unreachable:
    "1Relay Link did not answer within ten seconds. Check apiBaseUrl, that this page's origin is one of the app's allowedOrigins, " +
    "that the link session is fresh, and the page's Content-Security-Policy (frame-src).",
};

/** One configured Link. It holds at most one modal and leaves nothing behind in the page. */
export class Handler implements LinkHandler {
  readonly #options: LinkOptions;
  #frame: Frame | null = null;
  /** Raised by open, exit and destroy: what an older run still has under way then counts for nothing. */
  #run = 0;
  #isOpen = false;
  #exitTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#run += 1;
    void this.#show(this.#run);
  }

  exit({ force = false } = {}): void {
    if (!this.#isOpen) return;
    if (force || !this.#frame?.askToExit()) {
      this.#end(null, { status: "not_started", linkSessionId: null });
      return;
    }
    // A frame that hangs must not keep the page covered.
    this.#exitTimer ??= setTimeout(() => {
      this.#end(null, { status: "window_open", linkSessionId: null });
    }, EXIT_ANSWER_MS);
  }

  destroy(): void {
    this.#run += 1;
    this.#isOpen = false;
    clearTimeout(this.#exitTimer);
    this.#exitTimer = undefined;
    this.#frame?.remove();
    this.#frame = null;
  }

  async #show(run: number): Promise<void> {
    const { token, apiBaseUrl } = this.#options;
    // The caller returns from open() before any callback runs.
    await Promise.resolve();
    if (run !== this.#run) return;
    if (!isLinkToken(token)) {
      this.#fail("invalid_token");
    } else if (!isWebAddress(apiBaseUrl)) {
      this.#fail("invalid_base_url");
    } else if (!isSecureContext) {
      this.#fail("insecure_context");
    } else {
      const url = await frameUrl(apiBaseUrl, token);
      // open() may have been followed by destroy() meanwhile.
      if (run === this.#run) this.#frame = this.#makeFrame(url);
    }
  }

  #makeFrame(url: string): Frame {
    return new Frame(url, {
      onMessage: (message) => {
        this.#hear(message);
      },
      onSilence: () => {
        this.#fail("frame_unreachable");
      },
      onDismiss: () => {
        this.exit();
      },
    });
  }

  #hear(message: FrameMessage): void {
    switch (message.type) {
      case "1relay.frame.ready":
        this.#options.onLoad?.();
        break;
      case "1relay.frame.event":
        this.#options.onEvent?.(message.event, message.metadata);
        break;
      case "1relay.frame.success":
        this.destroy();
        this.#options.onSuccess(message.result);
        break;
      case "1relay.frame.exit":
        this.#end(message.error, message.metadata);
    }
  }

  #fail(code: keyof typeof ERRORS): void {
    this.#end({ code, message: ERRORS[code] }, { status: "failed", linkSessionId: null });
  }

  /** The modal goes before the callback runs: one that throws leaves no frame in the page. */
  #end(error: LinkError | null, metadata: LinkExitMetadata): void {
    this.destroy();
    this.#options.onExit?.(error, metadata);
  }
}
