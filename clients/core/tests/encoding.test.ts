import assert from "node:assert/strict";
import { test } from "node:test";

import {
  b64uDecode,
  b64uEncode,
  checkId,
  checkProvider,
  checkProviderKey,
  utf8,
} from "../src/crypto/encoding";
import { BadEncoding } from "../src/crypto/errors";
import { readJsonObject, writeJson } from "../src/crypto/json";

test("base64url of every length agrees with Node's", () => {
  for (let length = 0; length < 70; length++) {
    const raw = crypto.getRandomValues(new Uint8Array(length));
    const text = Buffer.from(raw).toString("base64url");
    assert.equal(b64uEncode(raw), text);
    assert.deepEqual(b64uDecode(text), raw);
  }
});

test("base64url that isn't canonical is refused", () => {
  for (const text of ["A", "AA==", "AB", "AAB", "A A", "AA\n", "+A", "/w", "é", "😀😀", 7, null, undefined]) {
    assert.throws(() => b64uDecode(text), BadEncoding, String(text));
  }
  assert.throws(() => b64uDecode("AAAA", 2), BadEncoding);
});

test("identifiers match as whole strings", () => {
  for (const id of [
    "con_short",
    "con_vector0000000000000001\n",
    "CON_vector0000000000000001",
    " con_vector00000000000001",
    1,
  ]) {
    assert.throws(() => checkId(id), BadEncoding);
  }
  for (const provider of ["OpenAI", "o", "openai\n", "-openai", `a${"b".repeat(32)}`]) {
    assert.throws(() => checkProvider(provider), BadEncoding);
  }
  for (const key of [
    "short",
    "with space in it",
    "sk-proj-12345678\r\nX-Evil: 1",
    "x".repeat(513),
    "schlüssel-12345678",
  ]) {
    assert.throws(() => checkProviderKey(key), BadEncoding);
  }
});

test("a lone surrogate is refused, not replaced", () => {
  assert.throws(() => utf8("a\ud800b"), BadEncoding);
  assert.deepEqual(utf8("😀"), new Uint8Array([0xf0, 0x9f, 0x98, 0x80]));
});

test("JSON with two members of one name is refused, at any depth and however it is written", () => {
  const refused = [
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[{"b":1},{"b":[{"c":1,"c":2}]}]}',
    '{"a" : 1, "x":"}", "a" : 2}',
    '{"__proto__":1,"__proto__":2}',
  ];
  for (const text of refused) assert.throws(() => readJsonObject(utf8(text)), BadEncoding, text);
});

test("JSON whose strings look like structure is read as JSON.parse reads it", () => {
  const accepted = [
    '{"a":"\\"a\\":1","b":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":[{"b":1},{"b":2}],"b":{"a":1}}',
    '{"a":"\\\\","b":":"}',
    "{ }",
    '{"a":["a","a",{"a":"a"}]}',
  ];
  for (const text of accepted) assert.deepEqual(readJsonObject(utf8(text)), JSON.parse(text));
});

test("what is no JSON object is refused", () => {
  for (const text of ["", "[]", "null", '"a"', "{", '{"a":NaN}', "\ufeff{}", "{} {}"]) {
    assert.throws(() => readJsonObject(utf8(text)), BadEncoding, text);
  }
  assert.throws(() => readJsonObject(new Uint8Array([0x7b, 0xff, 0x7d])), BadEncoding);
  assert.deepEqual(readJsonObject(writeJson({ label: "wörk" })), { label: "wörk" });
});
