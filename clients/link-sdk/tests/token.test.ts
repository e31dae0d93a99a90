import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { isLinkToken, isWebAddress, linkToken, pageUrl } from "../src/token.js";

const token = "1r_lt_" + "0123456789".repeat(4) + "ABCDEFabc";

test("an address of Link has the token's hash in the path and the token in the fragment alone", async () => {
  const hash = createHash("sha256").update(token).digest("base64url");
  assert.equal(
    await pageUrl("https://relay.example", "link/frame", token),
    `https://relay.example/link/frame/${hash}#${token}`,
  );
  assert.equal(
    await pageUrl("https://relay.example", "link", token),
    `https://relay.example/link/${hash}#${token}`,
  );
});

test("slashes at the end of the base address do not double", async () => {
  const url = new URL(await pageUrl("https://relay.example/base//", "link/frame", token));
  assert.match(url.pathname, /^\/base\/link\/frame\/[A-Za-z0-9_-]{43}$/);
});

test("only link tokens pass for link tokens", () => {
  assert.ok(isLinkToken(token));
  const others = [
    undefined,
    null,
    "",
    token + "0",
    token.slice(1),
    token.replace("_lt_", "_pt_"),
    `${token}\n`,
    [token],
  ];
  for (const other of others) assert.equal(isLinkToken(other), false, String(other));
});

test("only absolute web addresses pass for base addresses", () => {
  for (const address of ["https://relay.example", "http://localhost:8000/"]) assert.ok(isWebAddress(address));
  for (const address of [undefined, "", "relay.example", "/v1", "javascript:alert(1)", "https://"]) {
    assert.equal(isWebAddress(address), false, String(address));
  }
});

test("a token may be promised or asked for, and a failure has a name and the reason", async () => {
  assert.equal(await linkToken(token), token);
  assert.equal(await linkToken(Promise.resolve(token)), token);
  assert.equal(await linkToken(() => token), token);
  assert.equal(await linkToken(async () => Promise.resolve(token)), token);
  const answered = () => ({ linkToken: token }) as unknown as string;
  await assert.rejects(linkToken(answered), { code: "invalid_token" });
  const refused = { code: "token_unavailable", message: /half a minute\. \(TypeError: Failed to fetch\)$/ };
  await assert.rejects(linkToken(Promise.reject(new TypeError("Failed to fetch"))), refused);
  const throwing = () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(linkToken(throwing), refused);
});

test("a token that does not come is given up", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const waiting = assert.rejects(linkToken(new Promise(() => undefined)), { code: "token_unavailable" });
  context.mock.timers.tick(30_000);
  await waiting;
});
