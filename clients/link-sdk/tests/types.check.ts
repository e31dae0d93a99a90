// Compiled, never run: what the package's types allow, and what they refuse. Values are there for their types alone.
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters, @typescript-eslint/no-unused-vars,
   @typescript-eslint/no-unused-expressions, @typescript-eslint/no-duplicate-type-constituents,
   @typescript-eslint/no-unsafe-call, @typescript-eslint/no-meaningless-void-operator */
import { LinkEvent, OneRelay, type LinkEventName, type LinkHandler, type LinkOptions } from "../src/index.js";
import { useOneRelayLink } from "../src/react.js";

type Equal<Left, Right> =
  (<Type>() => Type extends Left ? 1 : 2) extends <Type>() => Type extends Right ? 1 : 2 ? true : false;
function assertType<Condition extends true>(holds?: Condition): void {
  void holds;
}

const needed = { token: "1r_lt_x", apiBaseUrl: "https://relay.example", onSuccess: () => undefined };
const handler = OneRelay.create(needed);
assertType<Equal<typeof handler, LinkHandler>>();
assertType<Equal<typeof handler.ready, Promise<void>>>();
handler.open();
handler.exit();
handler.exit({ force: true });
handler.destroy();
// @ts-expect-error open() takes nothing
handler.open("1r_lt_x");
// @ts-expect-error `ready` is not to be set
handler.ready = Promise.resolve();

OneRelay.create({ ...needed, token: Promise.resolve("1r_lt_x") });
OneRelay.create({ ...needed, token: () => "1r_lt_x" });
OneRelay.create({ ...needed, token: async () => Promise.resolve("1r_lt_x"), display: "hosted" });
// @ts-expect-error a function answers the token itself, not the session
OneRelay.create({ ...needed, token: () => ({ linkToken: "1r_lt_x" }) });
// @ts-expect-error there is no token to wait for
OneRelay.create({ ...needed, token: null });
// @ts-expect-error no such display
OneRelay.create({ ...needed, display: "iframe" });
// @ts-expect-error somebody must take the public token
OneRelay.create({ token: "1r_lt_x", apiBaseUrl: "https://relay.example" });

OneRelay.create({
  ...needed,
  onSuccess: ({ publicToken, providers }, { linkSessionId, requestId, view, provider, timestamp }) => {
    assertType<Equal<typeof publicToken, string | null>>();
    assertType<Equal<typeof providers, string[]>>();
    assertType<Equal<typeof linkSessionId | typeof requestId | typeof provider, string | null>>();
    assertType<Equal<typeof timestamp, string>>();
    if (view === "consent") return;
  },
  onExit: (error, { status }) => {
    // @ts-expect-error there may be no error
    error.code;
    // @ts-expect-error no such status
    if (status === "bored") return;
    if (error?.code === "link_expired" && status === "failed") return;
  },
  onEvent: (name, { errorCode }) => {
    assertType<Equal<typeof name, LinkEventName>>();
    if (name === LinkEvent.HANDOFF || name === "OPEN_WINDOW" || name === "SOMETHING_NEW") return;
    assertType<Equal<typeof errorCode, string | undefined>>();
  },
  onLoad: ({ linkSessionId }) => {
    assertType<Equal<typeof linkSessionId, string | null>>();
  },
});
assertType<Equal<typeof LinkEvent.OPEN, "OPEN">>();
// @ts-expect-error an informational event is no constant
LinkEvent.SUBMIT_KEY;

const found = OneRelay.resume({
  onSuccess: (_result, { state }) => {
    assertType<Equal<typeof state, string | null>>();
  },
});
assertType<Equal<typeof found, boolean>>();

export function Component(options: Omit<LinkOptions, "token">): boolean {
  const link = useOneRelayLink({ ...options, token: null });
  assertType<Equal<typeof link.ready, boolean>>();
  link.exit({ force: true });
  // @ts-expect-error the hook takes it away by itself
  link.destroy();
  return link.ready;
}
