// Who is here. A real app has user accounts and a database; this one has a cookie and a JSON file.
//
// The cookie is random and only its hash is kept, so a copy of the file signs nobody in. Access tokens stay in the file, on the server: no
// page ever sees one.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const COOKIE = "demo_chat_visitor";
const YEAR_SECONDS = 365 * 24 * 3600;

/** Opens the store in a folder, which is made for this user alone if it isn't there. */
export async function openVisitors(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "visitors.json");
  return new Visitors(path, await readJson(path));
}

class Visitors {
  #path;
  #byHash;
  #saving = Promise.resolve();

  constructor(path, byHash) {
    this.#path = path;
    this.#byHash = byHash;
  }

  /** The visitor of a request, or null: `{userId, accessToken?, connectionId?}`. Change it only with `update`. */
  find(request) {
    const cookie = new RegExp(`(?:^|; )${COOKIE}=([0-9a-f]{64})(?:;|$)`).exec(request.headers.cookie ?? "");
    return cookie ? (this.#byHash[hashOf(cookie[1])] ?? null) : null;
  }

  /** A new visitor; the answer sets their cookie. */
  async add(request, response) {
    const cookie = randomBytes(32).toString("hex");
    const visitor = { userId: `visitor-${randomBytes(12).toString("hex")}` };
    this.#byHash[hashOf(cookie)] = visitor;
    await this.#save();
    // Without TLS in front there is only this machine, where browsers may refuse Secure.
    const secure = request.headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
    const attributes = `Path=/; Max-Age=${YEAR_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
    response.setHeader("set-cookie", `${COOKIE}=${cookie}; ${attributes}`);
    return visitor;
  }

  /** Changes a visitor's members (undefined removes one) and returns when that is on disk. */
  async update(visitor, change) {
    Object.assign(visitor, change);
    await this.#save();
  }

  /** One write after the other, each of a whole new file: a crash leaves the old one or the new one. */
  #save() {
    const write = async () => {
      const draft = `${this.#path}.new`;
      await writeFile(draft, JSON.stringify(this.#byHash, null, 2), { mode: 0o600, flush: true });
      await rename(draft, this.#path);
    };
    this.#saving = this.#saving.then(write, write);
    return this.#saving;
  }
}

function hashOf(cookie) {
  return createHash("sha256").update(cookie).digest("hex");
}

async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}
