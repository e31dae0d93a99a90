import assert from "node:assert/strict";
import { test } from "node:test";

import { Progress } from "../src/progress.js";

test("metadata names what was heard last, and the time", () => {
  const progress = new Progress();
  const { timestamp, ...nothing } = progress.metadata;
  assert.deepEqual(nothing, { linkSessionId: null, requestId: null, view: null, provider: null });
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);

  progress.noteEvent("OPEN", { linkSessionId: "lks_1", requestId: "req_1" });
  progress.noteEvent("SELECT_PROVIDER", { linkSessionId: null, provider: "openai", view: "consent" });
  const told = progress.noteEvent("ERROR", {
    requestId: "req_2",
    errorCode: "rate_limited",
    timestamp: "2026-11-23T04:56:01Z",
  });
  const known = { linkSessionId: "lks_1", requestId: "req_2", view: "consent", provider: "openai" };
  assert.deepEqual(told, { ...known, errorCode: "rate_limited", timestamp: "2026-11-23T04:56:01Z" });
  assert.deepEqual({ ...progress.metadata, timestamp: "" }, { ...known, timestamp: "" });
});

test("leaving is called after the last place, said or seen", () => {
  const progress = new Progress();
  assert.equal(progress.status, "not_started");
  progress.note({ view: "window" });
  assert.equal(progress.status, "window_open");
  progress.note({ view: "toString" });
  assert.equal(progress.status, "window_open");
  progress.note({ view: "consent", exitStatus: "provider_not_selected" });
  assert.equal(progress.status, "provider_not_selected");
});

test("an approval without an answer is in doubt until an error says otherwise", () => {
  const progress = new Progress();
  progress.noteEvent("APPROVE_BUDGET", {});
  assert.equal(progress.mayBeGranted, true);
  progress.noteEvent("CLOSE_WINDOW", {});
  assert.equal(progress.mayBeGranted, true);
  progress.noteEvent("ERROR", { errorCode: "approval_unknown" });
  assert.equal(progress.mayBeGranted, true);
  progress.noteEvent("ERROR", { errorCode: "rate_limited" });
  assert.equal(progress.mayBeGranted, false);
});
