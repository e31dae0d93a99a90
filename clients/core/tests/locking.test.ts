// Locking while something that unlocks is under way: the person's word is the last one.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import { Account } from "../src/account";
import { RelayApi } from "../src/api";
import { b64uEncode, randomBytes } from "../src/crypto/encoding";
import { newKdf } from "../src/crypto/kdf";
import { sealSessionVault } from "../src/crypto/session";
import { MemoryStorage } from "../src/page";

const ORIGIN = "http://relay.example";
const SESSION = { userId: "usr_1", sessionId: "ses_1" };
const MINUTE = 60_000;

/** Tabs never close theirs; under Node that would keep the tests running for ever. */
class Channel extends BroadcastChannel {
  constructor(name: string) {
    super(name);
    (this as unknown as { unref: () => void }).unref();
  }
}

type Step = () => Promise<unknown>;

/** A relay with one session, and a browser's storage in which its vault is kept. `before` and `after` it does what is asked, a step can hold it up, by path. */
async function party(t: TestContext) {
  const globals = globalThis as { document?: unknown; location?: unknown };
  Object.assign(globals, {
    document: new EventTarget(),
    location: { origin: ORIGIN },
    BroadcastChannel: Channel,
  });
  t.after(() => {
    delete globals.document;
    delete globals.location;
  });
  const relay = {
    secret: newSecret() as string | null,
    asked: [] as string[],
    before: new Map<string, Step>(),
    after: new Map<string, Step>(),
    isReachable: true,
  };
  const storage = new MemoryStorage();
  const secrets = { vaultKey: randomBytes(32), loginSeed: randomBytes(32) };
  storage.setItem("1relay:vault:usr_1:ses_1", await sealSessionVault(relay.secret ?? "", secrets));
  const answer = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const path = (input as string).slice(ORIGIN.length);
    relay.asked.push(`${init?.method ?? "GET"} ${path}`);
    if (!relay.isReachable) throw new TypeError("no network");
    await relay.before.get(path)?.();
    const response = answerOf(path, relay);
    await relay.after.get(path)?.();
    return response;
  };
  const openTab = () => {
    const api = new RelayApi({ origin: ORIGIN, fetch: answer, userId: SESSION.userId, csrfToken: "c" });
    return new Account(api, storage, SESSION);
  };
  return { relay, storage, openTab };
}

function answerOf(path: string, relay: { secret: string | null }): Response {
  const soon = new Date(Date.now() + 10 * MINUTE).toISOString();
  switch (path) {
    case "/v1/auth/session-key":
      return relay.secret === null ? refusal() : data({ sessionKey: relay.secret, locksAt: soon });
    case "/v1/auth/me":
      return data({ user: { id: SESSION.userId, email: "ada@example.com" }, sessionId: SESSION.sessionId });
    case "/v1/auth/prelogin":
      return data({ origin: ORIGIN, kdf: newKdf(), challenge: newSecret() });
    case "/v1/auth/unlock":
      relay.secret = newSecret();
      return data({ elevation: "E", elevatedUntil: soon, wrappedVaultKey: "A" });
    case "/v1/auth/lock":
      relay.secret = null;
  }
  return data({});
}

function data(value: object): Response {
  return new Response(JSON.stringify({ success: true, data: value }));
}

function refusal(): Response {
  const error = { code: "reauth_required", message: "Unlock." };
  return new Response(JSON.stringify({ success: false, error }), { status: 403 });
}

function newSecret(): string {
  return b64uEncode(randomBytes(32));
}

/** A gate that answers wait for, and that tells when the first one has come to it. */
function gate() {
  const ends: Record<"reach" | "open", (value: null) => void> = { reach: ignore, open: ignore };
  const reached = new Promise((resolve) => (ends.reach = resolve));
  const opened = new Promise((resolve) => (ends.open = resolve));
  const wait = () => {
    ends.reach(null);
    return opened;
  };
  return {
    wait,
    reached,
    open: () => {
      ends.open(null);
    },
  };
}

function ignore(): void {
  return undefined;
}

async function rest(ms = 30): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

for (const who of ["this tab", "another tab"]) {
  test(`a renewal under way when ${who} locks ends locked, and the call is not made`, async (t) => {
    const { relay, storage, openTab } = await party(t);
    const [tab, other] = [openTab(), openTab()];
    await tab.restore();
    await other.restore();
    const unlocking = gate();
    relay.before.set("/v1/auth/unlock", unlocking.wait);
    const deletion = tab.api.delete("/v1/keys/openai", { elevated: true });
    const refused = assert.rejects(deletion, { code: "vault_locked" });
    await unlocking.reached;
    const locking = (who === "this tab" ? tab : other).lock();
    assert.equal(storage.length, 0);
    await rest();
    unlocking.open();
    await refused;
    await locking;
    await rest();
    assert.deepEqual([tab.state, other.state, storage.length, relay.secret], ["locked", "locked", 0, null]);
    assert.ok(!relay.asked.includes("DELETE /v1/keys/openai"));
    assert.equal(await tab.restore(), null);
  });
}

test("a tab that is opening what another tab locks stays locked", async (t) => {
  const { relay, openTab } = await party(t);
  const [tab, other] = [openTab(), openTab()];
  await tab.restore();
  const asking = gate();
  relay.after.set("/v1/auth/session-key", asking.wait);
  const opening = other.restore();
  await asking.reached;
  const locking = tab.lock();
  await rest();
  asking.open();
  assert.equal(await opening, null);
  await locking;
  assert.deepEqual([tab.state, other.state, other.vault, relay.secret], ["locked", "locked", null, null]);
});

test("signing out locks the other tabs even if the relay is out of reach", async (t) => {
  const { relay, storage, openTab } = await party(t);
  const [tab, other] = [openTab(), openTab()];
  await tab.restore();
  await other.restore();
  relay.isReachable = false;
  await assert.rejects(tab.signOut(), { code: "network_unreachable" });
  await rest();
  assert.deepEqual([tab.state, other.state, other.vault, storage.length], ["locked", "locked", null, 0]);
});
