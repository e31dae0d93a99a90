import assert from "node:assert/strict";
import { test } from "node:test";

import spec from "../../../spec/link_events.json" with { type: "json" };
import { LinkEvent, type InformationalLinkEvent } from "../src/events.js";
import { LinkFailure, type OwnErrorCode } from "../src/errors.js";
import { EXIT_STATUS_OF } from "../src/progress.js";
import type { LinkExitStatus } from "../src/types.js";

// Objects, so that the compiler refuses a name too many and one too few.
const STATUSES: Record<LinkExitStatus, true> = {
  not_started: true,
  window_open: true,
  window_blocked: true,
  requires_sign_in: true,
  requires_unlock: true,
  requires_key: true,
  provider_not_selected: true,
  budget_not_approved: true,
  authorized_elsewhere: true,
  already_connected: true,
  exited: true,
  failed: true,
};
const INFORMATIONAL: Record<InformationalLinkEvent, true> = {
  OPEN_WINDOW: true,
  CLOSE_WINDOW: true,
  WINDOW_BLOCKED: true,
  TRANSITION_VIEW: true,
  SIGN_UP: true,
  SIGN_IN: true,
  UNLOCK_VAULT: true,
  SUBMIT_KEY: true,
};
const OWN_ERRORS: Record<OwnErrorCode, true> = {
  approval_unknown: true,
  frame_unreachable: true,
  insecure_context: true,
  invalid_base_url: true,
  invalid_token: true,
  token_unavailable: true,
  window_blocked: true,
};

test("events, exit statuses and views are those of the specification", () => {
  const named = (isStable: boolean) =>
    spec.events.filter(({ stable }) => stable === isStable).map(({ name }) => name);
  assert.deepEqual(Object.keys(LinkEvent), named(true));
  assert.deepEqual(Object.values(LinkEvent), named(true));
  assert.deepEqual(Object.keys(INFORMATIONAL), named(false));
  assert.deepEqual(
    Object.keys(STATUSES),
    spec.exitStatuses.map(({ name }) => name),
  );
  assert.deepEqual(
    Object.entries(EXIT_STATUS_OF),
    spec.views.map(({ name, exitStatus }) => [name, exitStatus]),
  );
});

test("each error of the SDK's own is in the specification, and says what to do", () => {
  const known = spec.errors.map(({ code }) => code);
  for (const code of Object.keys(OWN_ERRORS) as OwnErrorCode[]) {
    assert.ok(known.includes(code), code);
    assert.ok(new LinkFailure(code).message.length > 40, code);
  }
});

test("no name is given twice, and every view leads to a known exit status", () => {
  const { events, views, exitStatuses, errors, messages } = spec;
  const lists = [events, views, exitStatuses, ...Object.values(messages)].map((list) =>
    list.map(({ name }) => name),
  );
  for (const names of [...lists, errors.map(({ code }) => code)])
    assert.equal(new Set(names).size, names.length);
  const known = new Set(exitStatuses.map(({ name }) => name));
  for (const view of views) assert.ok(known.has(view.exitStatus), view.name);
});
