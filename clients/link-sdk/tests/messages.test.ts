import assert from "node:assert/strict";
import { test } from "node:test";

import spec from "../../../spec/link_events.json" with { type: "json" };
import { freshNonce, readMessage, SHAPES } from "../src/messages.js";

const nonce = "AAAAAAAAAAAAAAAAAAAAAA";
const frameNonce = "BBBBBBBBBBBBBBBBBBBBB_";
const result = {
  publicToken: "1r_pt_" + "x".repeat(49),
  linkSessionId: "lks_1",
  connectionId: "con_1",
  providers: ["openai"],
  budgetCents: 1000,
  isUpdate: false,
};

test("names and members are those of spec/link_events.json", () => {
  const speakers = {
    app: spec.messages.appToFrame,
    frame: spec.messages.frameToApp,
    window: spec.messages.windowToFrame,
    frameToWindow: spec.messages.frameToWindow,
  };
  for (const [speaker, named] of Object.entries(speakers)) {
    const known = SHAPES[speaker as keyof typeof SHAPES];
    assert.deepEqual(
      Object.keys(known),
      named.map((message) => message.name),
    );
    for (const { name, members } of named) assert.deepEqual(Object.keys(known[name]!), members);
  }
});

test("well-formed messages are read", () => {
  assert.ok(readMessage("frame", { type: "1relay.frame.ready", nonce, frameNonce }));
  assert.ok(readMessage("frame", { type: "1relay.frame.success", nonce, result }));
  assert.ok(
    readMessage("frame", { type: "1relay.frame.success", nonce, result: { ...result, publicToken: null } }),
  );
  const metadata = { status: "not_started", linkSessionId: null };
  assert.ok(readMessage("frame", { type: "1relay.frame.exit", nonce, error: null, metadata }));
  const error = { code: "link_expired", message: "Start again." };
  assert.ok(readMessage("frame", { type: "1relay.frame.exit", nonce, error, metadata }));
  assert.ok(readMessage("app", { type: "1relay.app.hello", nonce }));
});

test("another speaker's message is not read", () => {
  assert.equal(readMessage("app", { type: "1relay.frame.ready", nonce, frameNonce }), null);
  assert.equal(readMessage("frame", { type: "1relay.window.approved", nonce, result }), null);
  assert.equal(readMessage("window", { type: "1relay.frame.success", nonce, result }), null);
});

test("anything malformed is not read", () => {
  const ready = { type: "1relay.frame.ready", nonce, frameNonce };
  const broken: unknown[] = [
    null,
    undefined,
    "1relay.frame.ready",
    [ready],
    {},
    { ...ready, type: "toString" },
    { ...ready, type: "__proto__" },
    { ...ready, type: 1 },
    { ...ready, nonce: undefined },
    { ...ready, nonce: nonce + "A" },
    { ...ready, nonce: nonce.slice(1) },
    { ...ready, nonce: nonce.slice(1) + "=" },
    { ...ready, frameNonce: { toString: () => frameNonce } },
  ];
  for (const data of broken) assert.equal(readMessage("frame", data), null, JSON.stringify(data));
});

test("a result of the wrong shape is not read", () => {
  const wrong = [
    { publicToken: 1 },
    { publicToken: undefined },
    { linkSessionId: null },
    { connectionId: [] },
    { providers: "openai" },
    { providers: [1] },
    { budgetCents: 10.5 },
    { budgetCents: "1000" },
    { isUpdate: "no" },
  ];
  for (const change of wrong) {
    const message = { type: "1relay.frame.success", nonce, result: { ...result, ...change } };
    assert.equal(readMessage("frame", message), null, JSON.stringify(change));
  }
});

test("an exit without its members is not read", () => {
  const metadata = { status: "failed", linkSessionId: "lks_1" };
  const exit = { type: "1relay.frame.exit", nonce, error: null, metadata };
  assert.ok(readMessage("frame", exit));
  assert.equal(readMessage("frame", { ...exit, error: undefined }), null);
  assert.equal(readMessage("frame", { ...exit, error: "link_expired" }), null);
  assert.equal(readMessage("frame", { ...exit, error: { code: "link_expired" } }), null);
  assert.equal(readMessage("frame", { ...exit, metadata: null }), null);
  assert.equal(readMessage("frame", { ...exit, metadata: { status: "failed" } }), null);
});

test("nonces have 128 bits and never repeat", () => {
  const made = new Set(Array.from({ length: 1000 }, freshNonce));
  assert.equal(made.size, 1000);
  for (const text of made) assert.match(text, /^[A-Za-z0-9_-]{22}$/);
});
