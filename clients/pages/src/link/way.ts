import type { LinkEventMetadata, LinkExitStatus, LinkSuccess } from "../../../link-sdk/src/types.js";
import { OpenerPort } from "./openerPort.js";
import { exitUrl, successUrl } from "./redirect.js";
import type { LinkSession, SessionClient } from "./session.js";

type Metadata = Partial<LinkEventMetadata>;

/** How the result reaches the app: through the frame that opened this window, or by going to the app's redirect URI. */
export interface Way {
  /** The origin that will be given the public token: what the consent screen shows. */
  readonly origin: string;
  tell(event: string, metadata: Metadata): void;
  /** Asked just before authorising: is there still somebody to give the token to? */
  isAlive(): Promise<boolean>;
  /** True once the app has it (or is being gone to). */
  deliver(result: LinkSuccess): Promise<boolean>;
  /** Ends without an approval. `status` names the ending where it is no error. */
  leave(error: { code: string; message: string } | null, status?: LinkExitStatus): void;
  /** Whether this window is in front of the app's page, and may close itself when all is done. */
  readonly isPopup: boolean;
}

/** Finds the way; null if there is none: then nothing can be approved here, for nobody would get the token. */
export async function findWay(session: LinkSession, client: SessionClient): Promise<Way | null> {
  const port = await OpenerPort.greet();
  if (port && session.origins.includes(port.appOrigin)) return throughFrame(port);
  return session.redirect ? byRedirect(session, session.redirect, client) : null;
}

function throughFrame(port: OpenerPort): Way {
  return {
    origin: port.appOrigin,
    tell: (event, metadata) => {
      port.send({ type: "1relay.window.event", event, metadata });
    },
    isAlive: () => port.isAlive(),
    deliver: (result) => port.deliver(result),
    leave: (error) => {
      port.send({ type: "1relay.window.exit", error });
    },
    isPopup: true,
  };
}

function byRedirect(
  session: LinkSession,
  target: NonNullable<LinkSession["redirect"]>,
  client: SessionClient,
): Way {
  return {
    origin: new URL(target.uri).origin,
    tell: (event, metadata) => {
      client.tell(event, metadata.exitStatus);
    },
    // Authorised already: by the attempt whose answer got lost, or the relay will say by whom.
    isAlive: async () => ["open", "authorized"].includes((await client.read()).status),
    deliver: (result) => {
      client.tell("HANDOFF");
      location.replace(successUrl(target, session.id, result.publicToken, granted(result)));
      return Promise.resolve(true);
    },
    leave: (error, status) => {
      client.tell("EXIT", status);
      location.replace(exitUrl(target, session.id, error?.code ?? status ?? "exited"));
    },
    isPopup: false,
  };
}

/** What was granted, in the words of an address. */
function granted({ connectionId, providers, budgetCents }: LinkSuccess) {
  return { connectionId, providers: providers.join(","), budgetCents: String(budgetCents) };
}
