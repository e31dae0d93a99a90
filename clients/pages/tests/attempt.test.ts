import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempt } from "../src/apps/attempt";

test("trying the same again keeps the idempotency key, and something else gets its own", () => {
  const attempt = new Attempt();
  const first = attempt.keyFor({ immediately: false });
  assert.equal(attempt.keyFor({ immediately: false }), first);
  assert.notEqual(attempt.keyFor({ immediately: true }), first);
});

test("opening the dialog anew is another intent", () => {
  assert.notEqual(new Attempt().keyFor({ name: "Quill" }), new Attempt().keyFor({ name: "Quill" }));
});
