// Strict JSON for what is inside blobs: JSON.parse silently keeps the last of two members with one name.
import { type Bytes, fromUtf8, utf8 } from "./encoding";
import { BadEncoding } from "./errors";

export type JsonObject = Record<string, unknown>;

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Reads a UTF-8 JSON object; duplicate names at any depth are refused. Throws BadEncoding, which never quotes the text. */
export function readJsonObject(raw: Uint8Array): JsonObject {
  const text = fromUtf8(raw);
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadEncoding("not a JSON object");
  refuseDuplicates(text);
  return value as JsonObject;
}

export function writeJson(value: JsonObject): Bytes {
  return utf8(JSON.stringify(value));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadEncoding("not JSON");
  }
}

/** Of valid JSON only: walks its strings and punctuation, keeping the names seen in each open object. */
function refuseDuplicates(text: string): void {
  const open: (Set<string> | null)[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") addName(open.at(-1), last);
    last = token;
  }
}

function addName(names: Set<string> | null | undefined, quoted: string): void {
  const name = JSON.parse(quoted) as string;
  if (names?.has(name)) throw new BadEncoding("a JSON object has two members of one name");
  names?.add(name);
}
