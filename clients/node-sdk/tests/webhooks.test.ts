import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";

import { Webhook } from "standardwebhooks";

import { OneRelayClient, UsageError, webhooks, WebhookVerificationError } from "../src/index.js";
import { CLIENT_ID, CLIENT_SECRET } from "./localRelay.js";

const spec = JSON.parse(readFileSync("spec/webhook_events.json", "utf8")) as {
  events: { type: string; example: object }[];
};
const SECRET = "whsec_" + Buffer.from("s".repeat(32)).toString("base64");
const OTHER = "whsec_" + Buffer.from("o".repeat(32)).toString("base64");
const ID = "msg_2rT8kQwYbN5xLfHc0VpEzA";
const BODY = JSON.stringify({
  type: "webhook.test",
  timestamp: "2026-11-23T09:30:00Z",
  data: { appId: "é🦊" },
});

function signed(body: string, secret = SECRET, ageSeconds = 0): Record<string, string> {
  const at = new Date(Date.now() - ageSeconds * 1000);
  const signature = new Webhook(secret).sign(ID, at, body);
  const seconds = Math.floor(at.getTime() / 1000).toString();
  return { "webhook-id": ID, "webhook-timestamp": seconds, "webhook-signature": signature };
}

for (const { type, example } of spec.events) {
  test(`${type}: what the reference library signs is verified, and what we take it takes`, () => {
    const body = JSON.stringify(example);
    const headers = signed(body);
    assert.deepEqual(webhooks.verify(body, headers, SECRET), example);
    assert.deepEqual(new Webhook(SECRET).verify(body, headers), example);
  });
}

test("bytes, Headers, Node's headers and the client's own member work alike", () => {
  const client = new OneRelayClient({
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    baseUrl: "http://127.0.0.1:1",
  });
  const headers = signed(BODY);
  const upper = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  );
  const listed = { ...headers, "webhook-id": [ID], cookie: undefined };
  for (const given of [headers, upper, listed, new Headers(headers)]) {
    for (const body of [BODY, Buffer.from(BODY), new TextEncoder().encode(BODY)]) {
      assert.deepEqual(client.webhooks.verify(body, given, SECRET), JSON.parse(BODY));
    }
  }
});

test("during a rotation either secret and either signature will do", () => {
  const both = signed(BODY);
  both["webhook-signature"] = `${signed(BODY, OTHER)["webhook-signature"]!} ${both["webhook-signature"]!}`;
  assert.ok(webhooks.verify(BODY, both, SECRET));
  assert.ok(webhooks.verify(BODY, both, OTHER));
  assert.ok(webhooks.verify(BODY, signed(BODY), [OTHER, SECRET]));
  const unknown = { ...both, "webhook-signature": `v1a,AAAA v2,x ${both["webhook-signature"]}` };
  assert.ok(webhooks.verify(BODY, unknown, SECRET));
});

test("what is forged, changed, old, early, incomplete or no event is refused, and nothing secret is told", () => {
  const good = signed(BODY);
  const signature = good["webhook-signature"]!;
  const list = JSON.stringify(["signed, but a list"]);
  const cases: [string, Record<string, string>][] = [
    [BODY, signed(BODY, OTHER)],
    [`${BODY} `, good],
    [BODY, { ...good, "webhook-id": `${ID}x` }],
    [BODY, { ...good, "webhook-timestamp": String(Number(good["webhook-timestamp"]) + 1) }],
    [BODY, { ...good, "webhook-timestamp": `${good["webhook-timestamp"]!}.0` }],
    [BODY, { ...good, "webhook-timestamp": "now" }],
    [BODY, { ...good, "webhook-signature": signature.slice(0, -1) }],
    [BODY, { ...good, "webhook-signature": signature.replace("v1,", "v1a,") }],
    [BODY, { ...good, "webhook-signature": "" }],
    [BODY, signed(BODY, SECRET, 302)],
    [BODY, signed(BODY, SECRET, -302)],
    [BODY, {}],
    [list, signed(list)],
  ];
  for (const [body, headers] of cases) {
    assert.throws(
      () => webhooks.verify(body, headers, SECRET),
      (error: unknown) => {
        assert.ok(error instanceof WebhookVerificationError);
        const printed = inspect(error, { showHidden: true }) + JSON.stringify(error);
        const expected = createHmac("sha256", Buffer.from(SECRET.slice(6), "base64"))
          .update(`${headers["webhook-id"] ?? ""}.${headers["webhook-timestamp"] ?? ""}.${body}`)
          .digest("base64");
        assert.ok(!printed.includes(SECRET.slice(6)) && !printed.includes(expected));
        return error.cause === undefined;
      },
    );
  }
  assert.ok(webhooks.verify(BODY, signed(BODY, SECRET, 290), SECRET));
  assert.ok(webhooks.verify(BODY, signed(BODY, SECRET, -290), SECRET));
});

test("a parsed body or a wrong secret is told as the mistake it is", () => {
  const parsed = JSON.parse(BODY) as unknown as string;
  assert.throws(() => webhooks.verify(parsed, signed(BODY), SECRET), UsageError);
  for (const wrong of ["", "whsec_", SECRET.slice(6), CLIENT_SECRET, `${SECRET}\n`]) {
    assert.throws(
      () => webhooks.verify(BODY, signed(BODY), wrong),
      (error: unknown) =>
        error instanceof UsageError && (wrong.length < 9 || !inspect(error).includes(wrong.trim())),
    );
  }
});
