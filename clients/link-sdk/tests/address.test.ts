import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { frameUrl, isLinkToken, isWebAddress } from "../src/address.js";

const token = "1r_lt_" + "0123456789".repeat(4) + "ABCDEFabc";

test("the frame's address has the token's hash in the path and the token in the fragment alone", async () => {
  const hash = createHash("sha256").update(token).digest("base64url");
  assert.equal(
    await frameUrl("https://relay.example", token),
    `https://relay.example/link/frame/${hash}#${token}`,
  );
});

test("slashes at the end of the base address do not double", async () => {
  const url = new URL(await frameUrl("https://relay.example/base//", token));
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
