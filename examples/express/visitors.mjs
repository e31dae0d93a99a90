// Who is here: a cookie and a Map. Your app has accounts and a database; keep access tokens there, encrypted.
import { randomUUID } from "node:crypto";

const COOKIE = "express_example";
const visitors = new Map();

/** The visitor of a request, `{id, accessToken?, connectionId?}`; a new one gets a cookie. */
export function visitorOf(request, response) {
  const known = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(request.headers.cookie ?? "");
  const visitor = visitors.get(known?.[1]);
  if (visitor) return visitor;
  const cookie = randomUUID();
  response.cookie(COOKIE, cookie, { httpOnly: true, sameSite: "lax", secure: request.secure });
  visitors.set(cookie, { id: `visitor-${randomUUID()}` });
  return visitors.get(cookie);
}

/** A connection has ended: its token is worth nothing any more. */
export function forget(visitor) {
  delete visitor.accessToken;
  delete visitor.connectionId;
}

export function forgetConnection(connectionId) {
  for (const visitor of visitors.values()) {
    if (visitor.connectionId === connectionId) forget(visitor);
  }
}
