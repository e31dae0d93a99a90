import assert from "node:assert/strict";
import { test } from "node:test";

import { EventParser } from "../src/sse.js";

const bytes = new TextEncoder().encode(
  ': hello\r\ndata: {"a":"zwölf 🦊"}\r\n\r\nevent: error\ndata: one\ndata: two\n\nid: 7\ndata:bare\r\rdata\n\n: bye\n\n',
);
const expected = [
  { event: "message", data: '{"a":"zwölf 🦊"}' },
  { event: "error", data: "one\ntwo" },
  { event: "message", data: "bare" },
  { event: "message", data: "" },
];

test("events are the same wherever the bytes are cut in two", () => {
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const parser = new EventParser();
    const events = [...parser.push(bytes.slice(0, cut)), ...parser.push(bytes.slice(cut))];
    assert.deepEqual(events, expected, `cut at ${cut}`);
    assert.equal(parser.lastComment, "bye");
  }
});

test("events are the same byte by byte", () => {
  const parser = new EventParser();
  const events = Array.from(bytes).flatMap((byte) => parser.push(Uint8Array.of(byte)));
  assert.deepEqual(events, expected);
});

test("an event without its blank line is not handed out", () => {
  assert.deepEqual(new EventParser().push(new TextEncoder().encode("data: half\n")), []);
});
