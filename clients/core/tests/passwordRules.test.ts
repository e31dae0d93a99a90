import assert from "node:assert/strict";
import { test } from "node:test";

import { fingerprints } from "../common-passwords.mjs";
import { refuseNewPassword } from "../src/crypto/passwordRules";

test("short ones are refused, counted in code points after NFKC", async () => {
  assert.equal(await refuseNewPassword("elevenchars"), "too_short");
  assert.equal(await refuseNewPassword("😀".repeat(11)), "too_short");
  assert.equal(await refuseNewPassword("😀".repeat(12)), null);
  // ﷺ is eighteen code points after NFKC.
  assert.equal(await refuseNewPassword("ﷺ"), null);
});

test("common ones are refused in any case and in compatible characters", async () => {
  for (const password of [
    "password1234",
    "PassWord1234",
    "ｐａｓｓｗｏｒｄ1234",
    "1qaz2wsx3edc",
    "motherfucker",
    "123456123456",
  ]) {
    assert.equal(await refuseNewPassword(password), "too_common", password);
  }
});

test("what isn't text is refused, and the rest is taken as it is", async () => {
  assert.equal(await refuseNewPassword("twelve\0chars and more"), "not_text");
  assert.equal(await refuseNewPassword("a lone surrogate \ud800"), "not_text");
  assert.equal(await refuseNewPassword("  surrounded by spaces  "), null);
  assert.equal(await refuseNewPassword("corréct hoŕse ①battery"), null);
});

test("the list has five thousand sorted fingerprints", () => {
  const raw = Buffer.from(fingerprints(), "base64");
  assert.equal(raw.length, 4 * 5000);
  for (let at = 4; at < raw.length; at += 4) assert.ok(raw.readUInt32BE(at - 4) <= raw.readUInt32BE(at));
});
