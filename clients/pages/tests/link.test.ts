import assert from "node:assert/strict";
import { test } from "node:test";

import { dollars, initial, limitSentences, siteName } from "../src/link/describe.js";
import { exitUrl, successUrl } from "../src/link/redirect.js";

const target = {
  uri: "https://app.example/done?from=1relay",
  responseMode: "fragment" as const,
  state: "a b&c",
};

test("a redirect carries the token in the fragment and leaves the address as registered", () => {
  const url = successUrl(target, "lks_1", "1r_pt_x");
  assert.ok(url.startsWith(`${target.uri}#`));
  const given = Object.fromEntries(new URLSearchParams(new URL(url).hash.slice(1)));
  assert.deepEqual(given, { publicToken: "1r_pt_x", linkSessionId: "lks_1", state: "a b&c" });
});

test("query mode keeps the parameters the address has", () => {
  const url = new URL(successUrl({ ...target, responseMode: "query" }, "lks_1", "1r_pt_x"));
  assert.equal(url.hash, "");
  const expected = { from: "1relay", publicToken: "1r_pt_x", linkSessionId: "lks_1", state: "a b&c" };
  assert.deepEqual(Object.fromEntries(url.searchParams), expected);
});

test("update mode sends no token, and an exit an error; without a state there is none", () => {
  const bare = { ...target, state: null };
  assert.equal(successUrl(bare, "lks_1", null), `${target.uri}#linkSessionId=lks_1`);
  assert.equal(exitUrl(bare, "lks_1", "exited"), `${target.uri}#error=exited&linkSessionId=lks_1`);
});

test("sites are named without https, with port", () => {
  assert.equal(siteName("https://app.example"), "app.example");
  assert.equal(siteName("http://127.0.0.1:8001"), "127.0.0.1:8001");
});

test("limits become sentences; models without a price are asked for elsewhere", () => {
  const limits = { dailyCents: 150, requestsPerMinute: 60, models: ["a", "b", "c"], allowUnpriced: true };
  assert.deepEqual(limitSentences(limits), [
    "At most $1.50 a day",
    "At most 60 requests a minute",
    "Only a, b, and c",
  ]);
  assert.deepEqual(limitSentences({ expiresAt: "2027-03-03T00:00:00Z", concurrency: 2 }), [
    "At most 2 requests at the same time",
    "Ends on 3 March 2027",
  ]);
  assert.deepEqual(limitSentences({ dailyCents: null, models: null }), []);
});

test("money and initials", () => {
  assert.equal(dollars(100_000), "$1,000.00");
  assert.equal(initial("  éclair"), "É");
  assert.equal(initial(" "), "?");
});
