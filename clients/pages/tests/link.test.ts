import assert from "node:assert/strict";
import { test } from "node:test";

import { dollars, initial, siteName } from "../src/link/describe.js";
import { exitUrl, successUrl } from "../src/link/redirect.js";
import { changedTerms, termsOf } from "../src/link/terms.js";

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

const told = (terms: { label: string; then: string }[]) =>
  Object.fromEntries(terms.map(({ label, then }) => [label, then]));

test("models and end are named in every case, other limits where they are asked for", () => {
  assert.deepEqual(told(termsOf({})), { Models: "Any model of these providers", Until: "You end it" });
  const limits = { dailyCents: 150, requestsPerMinute: 60, concurrency: 1, models: ["a", "b", "c"] };
  assert.deepEqual(told(termsOf({ ...limits, allowUnpriced: true })), {
    Models: "Only a, b, and c",
    Until: "You end it",
    "A day": "At most $1.50",
    "A minute": "At most 60 calls",
    "At once": "At most 1 call",
  });
  const inTenDays = new Date(Date.now() + 10 * 86_400_000);
  assert.match(
    told(termsOf({ expiresAt: inTenDays.toISOString() }))["Until"] ?? "",
    /^\d+ \w+ \d{4}, in 10 days$/,
  );
});

test("a long list of models is cut, and can be seen whole", () => {
  const models = ["a", "b", "c", "d", "e", "f"];
  const [term] = termsOf({ models });
  assert.equal(term?.then, "Only a, b, c and 3 more");
  assert.deepEqual(term.more, models);
});

test("of a connection to be changed only what changes is told, old and new", () => {
  const now = { dailyCents: 100, requestsPerMinute: 10, models: ["a", "b"] };
  assert.deepEqual(changedTerms(now, { dailyCents: 100, models: ["b", "a"] }), []);
  const [first, ...others] = changedTerms(now, { dailyCents: 200, concurrency: null });
  assert.deepEqual([first?.now, first?.then], ["At most $1.00", "At most $2.00"]);
  assert.deepEqual(others, []);
  assert.equal(changedTerms({}, { expiresAt: "2027-03-03T00:00:00Z" })[0]?.now, "You end it");
});

test("money and initials", () => {
  assert.equal(dollars(100_000), "$1,000.00");
  assert.equal(initial("  éclair"), "É");
  assert.equal(initial(" "), "?");
});
