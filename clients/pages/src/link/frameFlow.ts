import type {
  LinkError,
  LinkEventMetadata,
  LinkExitStatus,
  LinkSuccess,
} from "../../../link-sdk/src/types.js";
import type { WindowMessage } from "../../../link-sdk/src/messages.js";
import { AppPort } from "./appPort.js";
import { showView } from "./dom.js";
import { endedBecause, EXPIRED, linkError, type LinkSession, type SessionClient } from "./session.js";
import { BLOCKED, onPageLeft, type Screen } from "./framePage.js";
import { SessionWatch } from "./sessionWatch.js";
import { WindowPort } from "./windowPort.js";

type WindowSaid = Exclude<WindowMessage, { type: "1relay.window.hello" | "1relay.window.ping" }>;

/** The frame's story: hello from the app, the session, the window, and one ending that reaches the app in every case. */
export class FrameFlow {
  readonly #client: SessionClient;
  readonly #screen: Screen;
  readonly #app: AppPort;
  readonly #watch: SessionWatch;
  #session: LinkSession | null = null;
  #window: WindowPort | null = null;
  #status: LinkExitStatus = "not_started";
  #failure: LinkError | null = null;
  #isFinished = false;

  constructor(client: SessionClient, origins: string[], screen: Screen) {
    this.#client = client;
    this.#screen = screen;
    this.#watch = new SessionWatch(client, {
      onExpired: () => {
        this.#fail(EXPIRED);
      },
      onRead: (session) => {
        this.#look(session);
      },
      onEnded: (failure) => {
        this.#fail(linkError(failure));
      },
    });
    this.#app = new AppPort(origins, {
      onHello: (origin) => {
        this.#begin(origin);
      },
      onExitRequest: () => {
        this.exit();
      },
    });
    onPageLeft(() => {
      this.#abandon();
    });
  }

  /** The click that opens the window, or brings the one already open to the front. */
  openWindow(): void {
    if (!this.#session || this.#isFinished) return;
    this.#window?.end({ close: true });
    this.#window = WindowPort.open(location.href.replace("/link/frame/", "/link/"), {
      appOrigin: () => this.#app.origin,
      onMessage: (message) => {
        this.#hearWindow(message);
      },
      onClosed: (spoke) => {
        this.#windowClosed(spoke);
      },
    });
    if (this.#window) {
      this.#event("OPEN_WINDOW");
      this.#show("window", "window_open");
    } else {
      this.#event("WINDOW_BLOCKED");
      this.#show("blocked", "window_blocked");
    }
    this.#watch.poll(() => !this.#window?.spoke);
  }

  /** Reads the session again after a failure that may have passed. */
  retry(): void {
    const origin = this.#app.origin;
    if (this.#isFinished || origin === null) return;
    this.#failure = null;
    this.#show("loading", "not_started");
    this.#begin(origin);
  }

  focusWindow(): void {
    this.#window?.focus();
  }

  /** The person leaves, or the app asks to: one message, then the app's page takes the frame away. */
  exit(error: LinkError | null = this.#failure, status: LinkExitStatus = this.#status): void {
    if (this.#isFinished) return;
    const told = status === "window_blocked" ? (error ?? BLOCKED) : error;
    this.#event("EXIT", { exitStatus: status, ...(told && { errorCode: told.code }) });
    // Where the window has a last word to say, it closes itself.
    this.#finish({ closeWindow: !["authorized_elsewhere", "already_connected"].includes(status) });
    const metadata = { status, linkSessionId: this.#session?.id ?? null };
    this.#app.send({ type: "1relay.frame.exit", error: told, metadata });
  }

  #begin(origin: string): void {
    this.#screen.showOrigin(origin);
    this.#client
      .read()
      .then((session) => {
        this.#session = session;
        const ended = endedBecause(session);
        if (ended) {
          this.#fail(ended);
          return;
        }
        this.#screen.showSession(session);
        this.#watch.awaitExpiry(session);
        this.#event("OPEN");
        this.#show("intro", "not_started");
      })
      .catch((failure: unknown) => {
        this.#fail(linkError(failure));
      });
  }

  #hearWindow(message: WindowSaid): void {
    switch (message.type) {
      case "1relay.window.event":
        this.#status = message.metadata.exitStatus ?? this.#status;
        this.#event(message.event, message.metadata);
        break;
      case "1relay.window.approved":
        this.#handOver(message.result);
        break;
      case "1relay.window.exit":
        this.exit(message.error);
    }
  }

  /** The token goes to the one origin that said hello, and nowhere else. */
  #handOver(result: LinkSuccess): void {
    const { id, connectionId } = this.#session ?? {};
    if (this.#isFinished || result.linkSessionId !== id || result.connectionId !== connectionId) return;
    this.#window?.send({ type: "1relay.frame.received" });
    this.#event("HANDOFF");
    // The window says goodbye and closes itself.
    this.#finish({ closeWindow: false });
    this.#app.send({ type: "1relay.frame.success", result });
    showView("done");
  }

  #windowClosed(spoke: boolean): void {
    this.#window = null;
    this.#event("CLOSE_WINDOW");
    if (spoke) this.exit();
    // It never said hello: the browser may have cut it off from us, and it may still be on screen.
    else this.#show("blocked", "window_blocked");
  }

  /** A window without a handle ends by redirect: only the relay can tell. */
  #look(session: LinkSession): void {
    if (this.#isFinished || this.#window?.spoke) return;
    if (session.status === "authorized" || session.status === "exchanged")
      this.exit(null, "authorized_elsewhere");
    else if (session.status === "exited") this.exit(null, "budget_not_approved");
    else if (session.status === "expired") this.#fail(EXPIRED);
  }

  #fail(error: LinkError): void {
    if (this.#isFinished) return;
    this.#failure = error;
    this.#watch.stop();
    this.#window?.end({ close: true });
    this.#event("ERROR", { errorCode: error.code, ...(error.requestId && { requestId: error.requestId }) });
    this.#screen.showError(error);
    this.#show("error", "failed");
  }

  #show(view: string, status: LinkExitStatus): void {
    this.#status = status;
    showView(view);
    this.#event("TRANSITION_VIEW", { view });
  }

  #event(event: string, more: Partial<LinkEventMetadata> = {}): void {
    this.#client.tell(event, more.exitStatus ?? this.#status);
    const metadata = {
      ...more,
      linkSessionId: this.#session?.id ?? null,
      timestamp: new Date().toISOString(),
    };
    this.#app.send({ type: "1relay.frame.event", event, metadata });
  }

  #finish({ closeWindow }: { closeWindow: boolean }): void {
    this.#isFinished = true;
    this.#watch.stop();
    this.#window?.end({ close: closeWindow });
  }

  /**
   * The app's page was closed, or took the frame away without asking. With the window open that is the person's leaving; before,
   * it may be a component that is mounted again in a moment, with the same token.
   */
  #abandon(): void {
    if (this.#isFinished) return;
    if (this.#window) this.#client.tell("EXIT", this.#status);
    this.#finish({ closeWindow: true });
  }
}
