import assert from "node:assert/strict";
import { test } from "node:test";

import { exitUrl, successUrl } from "../../pages/src/link/redirect.js";
import { readReturned } from "../src/returned.js";

const target = { uri: "https://app.example/back?lang=de", responseMode: "fragment" as const, state: "s 1&" };
const granted = { connectionId: "con_1", providers: "openai,sandbox", budgetCents: "500" };
const result = {
  publicToken: "1r_pt_x",
  linkSessionId: "lks_1",
  connectionId: "con_1",
  providers: ["openai", "sandbox"],
  budgetCents: 500,
  isUpdate: false,
};

test("what Link's pages write into an address is read, and taken out of it", () => {
  for (const responseMode of ["fragment", "query"] as const) {
    const found = readReturned(successUrl({ ...target, responseMode }, "lks_1", "1r_pt_x", granted));
    assert.equal(found?.rest, "https://app.example/back?lang=de");
    assert.deepEqual(found.returned.result, result);
    assert.equal(found.returned.state, "s 1&");
  }
  const update = readReturned(successUrl({ ...target, state: null }, "lks_1", null, granted));
  assert.deepEqual(update?.returned.result, { ...result, publicToken: null, isUpdate: true });
  assert.equal(update.returned.state, null);
});

test("an ending without a result is an exit status or an error", () => {
  const ended = (code: string) => readReturned(exitUrl(target, "lks_1", code))?.returned;
  assert.deepEqual(ended("exited"), {
    linkSessionId: "lks_1",
    state: "s 1&",
    result: null,
    error: null,
    status: "exited",
  });
  assert.equal(ended("already_connected")?.status, "already_connected");
  assert.equal(ended("already_connected")?.error, null);
  assert.equal(ended("link_expired")?.status, "failed");
  assert.equal(ended("link_expired")?.error?.code, "link_expired");
});

test("an address that Link did not write is left alone", () => {
  const others = [
    "",
    "#",
    "#section",
    "?error=access_denied&state=1",
    "#linkSessionId=lks_1",
    "?linkSessionId=1&error=x",
  ];
  for (const other of others) assert.equal(readReturned(`https://app.example/back${other}`), null, other);
});
