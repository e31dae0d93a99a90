// The plain web-server part: reading JSON, answering, the page's files and their security headers.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { AbortedError, ApiError, OneRelayError } from "@1relay/node-sdk";

const MOST_BYTES = 1_000_000;

const FILES = {
  "/": ["text/html; charset=utf-8", new URL("public/index.html", import.meta.url)],
  "/app.js": ["text/javascript; charset=utf-8", new URL("public/app.js", import.meta.url)],
  "/view.js": ["text/javascript; charset=utf-8", new URL("public/view.js", import.meta.url)],
  "/style.css": ["text/css; charset=utf-8", new URL("public/style.css", import.meta.url)],
  "/icon.svg": ["image/svg+xml", new URL("public/icon.svg", import.meta.url)],
  // The Link SDK as npm installed it: one ES module, served from this origin.
  "/link-sdk.js": ["text/javascript; charset=utf-8", new URL(import.meta.resolve("@1relay/link-sdk"))],
};

/** This app's own refusal; `code` is for the page, `message` for the person. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The JSON object in a request's body. A page of another origin can't send this content type without asking, and is not answered. */
export async function readJson(request) {
  if (!request.headers["content-type"]?.startsWith("application/json")) {
    throw new Refusal(415, "bad_request", "Send JSON.");
  }
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += piece;
    if (text.length > MOST_BYTES) throw new Refusal(413, "too_large", "This is too long.");
  }
  const value = parsed(text);
  if (typeof value !== "object" || value === null)
    throw new Refusal(400, "bad_request", "Send a JSON object.");
  return value;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function sendJson(response, status, value) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}

/** Tells the page what went wrong: as the answer's status, or as the last line of a stream that has begun. */
export function sendProblem(response, error) {
  if (error instanceof AbortedError || response.destroyed) return response.destroy(); // the visitor has left
  const known = error instanceof Refusal || error instanceof OneRelayError;
  if (!known) console.error(error);
  const { code = "unavailable", message, requestId, details } = known ? error : {};
  const { resetsAt } = details ?? {}; // when a used-up budget starts anew
  const problem = { error: { code, message: message ?? "Something went wrong.", requestId, resetsAt } };
  if (response.headersSent) return response.end(`${JSON.stringify(problem)}\n`);
  const status = error instanceof Refusal || error instanceof ApiError ? error.status : 502;
  return sendJson(response, status, problem);
}

export async function servePage(method, pathname, response, relayUrl) {
  const file = method === "GET" && Object.hasOwn(FILES, pathname) ? FILES[pathname] : null;
  if (!file) throw new Refusal(404, "not_found", "There is nothing here.");
  const [type, url] = file;
  response.writeHead(200, {
    "content-type": type,
    "cache-control": "no-cache",
    "content-security-policy": contentSecurityPolicy(relayUrl),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  response.end(await readFile(fileURLToPath(url)));
}

/** Everything from this origin; only Link's frame may come from the relay. */
function contentSecurityPolicy(relayUrl) {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `frame-src ${relayUrl}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
