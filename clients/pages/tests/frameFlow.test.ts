// The frame's endings that no window tells it of.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { RelayError } from "@1relay/core";

import type { FrameFlow as Flow } from "../src/link/frameFlow";

const ORIGIN = "https://app.example";
type Listener = (event: object) => void;

/** A frame inside an app's page that has said hello, with what it told the page. `reads` answers the session, in turn. */
async function frame(reads: (() => object)[]) {
  const listeners = new Map<string, Listener[]>();
  const told: { type: string; error?: { code: string } | null }[] = [];
  const page = { reloads: 0 };
  const parent = { postMessage: (message: (typeof told)[number]) => told.push(message) };
  const reload = () => page.reloads++;
  Object.assign(globalThis, {
    addEventListener: (name: string, listener: Listener) =>
      listeners.set(name, [...(listeners.get(name) ?? []), listener]),
    document: { querySelectorAll: () => [], getElementById: () => null },
    location: { origin: "http://relay", href: "http://relay/link/frame/x", reload },
    screen: { availWidth: 900, availHeight: 900 },
    ...{ screenX: 0, screenY: 0, outerWidth: 900, outerHeight: 900 },
    parent,
    window: { open: () => null },
  });
  const { FrameFlow } = await import("../src/link/frameFlow");
  const client = {
    read: () => Promise.resolve().then(() => reads.shift()?.()),
    tell: () => undefined,
    msLeft: () => 900_000,
  };
  const errors: string[] = [];
  const screen = {
    showSession: () => undefined,
    showOrigin: () => undefined,
    allowLeaving: () => undefined,
    showError: (error: { code: string }) => errors.push(error.code),
  };
  const given = [client, [ORIGIN], screen] as unknown as ConstructorParameters<typeof Flow>;
  const flow = new FrameFlow(...given);
  const fire = (name: string, event: object) => {
    for (const listener of listeners.get(name) ?? []) listener(event);
  };
  fire("message", {
    source: parent,
    origin: ORIGIN,
    data: { type: "1relay.app.hello", nonce: "A".repeat(22) },
  });
  await settled();
  return { flow, fire, told, errors, page };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const OPEN = () => ({ id: "lks_1", connectionId: "con_1", status: "open" });

for (const code of ["link_expired", "invalid_token"]) {
  test(`a session that ends with ${code} while the window is out of reach ends in an error`, async (t) => {
    mock.timers.enable({ apis: ["setInterval"] });
    t.after(() => {
      mock.timers.reset();
    });
    const gone = () => {
      throw new RelayError(code, 410, "It has ended.", null, {});
    };
    const { flow, errors, told } = await frame([OPEN, gone]);
    flow.openWindow();
    mock.timers.tick(2_000);
    await settled();
    assert.deepEqual(errors, [code]);
    flow.exit();
    assert.equal(told.at(-1)?.error?.code, code);
  });
}

test("coming back to a page that the browser kept starts afresh", async () => {
  const { fire, page } = await frame([OPEN]);
  fire("pageshow", { persisted: false });
  assert.equal(page.reloads, 0);
  fire("pagehide", { persisted: true });
  fire("pageshow", { persisted: true });
  assert.equal(page.reloads, 1);
});

test("a session that runs out under the person's eyes ends in one error", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => {
    mock.timers.reset();
  });
  const { flow, errors, told } = await frame([OPEN]);
  mock.timers.tick(900_000);
  assert.deepEqual(errors, ["link_expired"]);
  flow.exit();
  flow.exit();
  const exits = told.filter(({ type }) => type === "1relay.frame.exit");
  assert.deepEqual(
    exits.map(({ error }) => error?.code),
    ["link_expired"],
  );
});

test("a failure that passes can be tried again", async () => {
  const down = () => {
    throw new RelayError("network_unreachable", 0, "No answer.", null, {});
  };
  const { flow, errors, told } = await frame([down, OPEN]);
  assert.deepEqual(errors, ["network_unreachable"]);
  flow.retry();
  await settled();
  assert.equal(errors.length, 1);
  flow.exit();
  const exit = told.at(-1) as unknown as { error: null; metadata: { status: string } };
  assert.deepEqual([exit.error, exit.metadata.status], [null, "not_started"]);
});
