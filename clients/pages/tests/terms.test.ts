// What a change of limits needs: elevation only where it allows more, and nothing sent that was not touched.
import assert from "node:assert/strict";
import test from "node:test";

import { differences, givesMore, termsOf } from "../src/connections/terms";

const OLD = termsOf({
  budgetCents: 500,
  dailyCents: 100,
  models: ["a", "b"],
  expiresAt: "2026-12-01T00:00:00Z",
});

for (const [what, change, more] of [
  ["nothing", {}, false],
  ["a lower budget", { budgetCents: 499 }, false],
  ["a higher budget", { budgetCents: 501 }, true],
  ["no daily limit", { dailyCents: null }, true],
  ["a new limit", { concurrency: 5 }, false],
  ["fewer models", { models: ["b"] }, false],
  ["another model", { models: ["a", "c"] }, true],
  ["every model", { models: null }, true],
  ["an earlier end", { expiresAt: "2026-11-30T23:59:59Z" }, false],
  ["a later end", { expiresAt: "2026-12-01T23:59:59Z" }, true],
  ["no end", { expiresAt: null }, true],
  ["unpriced models", { allowUnpriced: true }, true],
] as const) {
  test(`${what} ${more ? "gives" : "does not give"} more`, () => {
    const wanted = termsOf({ ...OLD, ...change } as Parameters<typeof termsOf>[0]);
    assert.equal(givesMore(wanted, OLD), more);
  });
}

test("any limit given where there was none gives no more, and the first one named does not either", () => {
  const open = termsOf({ budgetCents: 500 });
  assert.equal(
    givesMore({ ...open, models: ["a"], dailyCents: 1, expiresAt: "2026-12-01T00:00:00Z" }, open),
    false,
  );
});

test("only what differs is sent", () => {
  assert.deepEqual(differences(OLD, OLD), {});
  const wanted = { ...OLD, budgetCents: 600, models: null, concurrency: 3 };
  assert.deepEqual(differences(wanted, OLD), { budgetCents: 600, limits: { models: null, concurrency: 3 } });
});
