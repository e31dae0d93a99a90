import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as labels from "../src/crypto/labels";

// What the server seals for itself alone; no browser derives it.
const SERVER_ONLY = new Set(["IDEMPOTENT_ANSWER", "WEBHOOK_SECRET"]);

test("labels.ts and relay/crypto/labels.py hold the same labels", () => {
  const python = readFileSync("relay/crypto/labels.py", "utf8");
  const theirs = [...python.matchAll(/^([A-Z_]+)\b[^=\n]*= "(1relay\/v1\/[^"]+)"$/gm)].map(
    ([, name, text]) => [name, text],
  );
  const shared = theirs.filter(([name]) => !SERVER_ONLY.has(name ?? ""));
  assert.ok(shared.length > 0);
  assert.deepEqual(Object.fromEntries(shared), { ...labels });
});

test("every label stands in protocol.md, and every label of protocol.md here", () => {
  const protocol = readFileSync("spec/protocol.md", "utf8");
  const written = new Set([...protocol.matchAll(/"(1relay\/v1\/[a-z-]+)"/g)].map(([, text]) => text));
  assert.deepEqual(written, new Set(Object.values(labels)));
});
