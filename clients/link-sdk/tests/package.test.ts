// The package as npm makes it of what clients/build.mjs built: what is in it, how large, and whether an empty project can use it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

const PACKAGE = resolve("clients/link-sdk");
const MOST_BYTES = 6_000;

type Packed = { filename: string; files: { path: string }[] };
let packed: Packed;
let project: string;

const read = (path: string) => readFileSync(join(PACKAGE, path), "utf8");
const run = (program: string, args: string[], cwd: string) =>
  execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

before(() => {
  project = mkdtempSync(join(tmpdir(), "link-sdk-"));
  [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", project], PACKAGE)) as [Packed];
  writeFileSync(join(project, "package.json"), '{"name": "empty", "private": true}');
  // Offline: the package needs nothing, and its optional React is not fetched for those who don't use it.
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", packed.filename], project);
});

after(() => {
  rmSync(project, { recursive: true });
});

test("the package has what is used, and nothing else", () => {
  const built = ["index", "react"].flatMap((name) => [`dist/${name}.cjs`, `dist/${name}.js`]);
  const types = ["events", "index", "react", "types"].flatMap((name) => [
    `dist/${name}.d.cts`,
    `dist/${name}.d.ts`,
  ]);
  const texts = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  assert.deepEqual(
    packed.files.map(({ path }) => path).sort(),
    [...built, ...types, ...texts, "dist/link.js"].sort(),
  );
  assert.equal(read("LICENSE"), readFileSync("LICENSE", "utf8"));
  const { name, version, dependencies, publishConfig, peerDependenciesMeta } = JSON.parse(
    read("package.json"),
  ) as Record<string, unknown>;
  assert.equal(dependencies, undefined);
  assert.deepEqual(publishConfig, { access: "public", provenance: true });
  assert.deepEqual(peerDependenciesMeta, { react: { optional: true } });
  assert.ok(read("CHANGELOG.md").includes(`# Changes to ${String(name)}\n\n## ${String(version)}\n`));
});

test("script and module weigh at most 6 kB", () => {
  for (const file of ["dist/link.js", "dist/index.js"]) {
    const bytes = gzipSync(read(file)).length;
    assert.ok(bytes <= MOST_BYTES, `${file}: ${bytes} bytes`);
  }
  assert.equal(read("dist/link.js"), readFileSync("static/dist/link.js", "utf8"));
});

test("the public API is the one written down", () => {
  const built = ["index", "events", "types", "react"].map((name) => read(`dist/${name}.d.ts`)).join("");
  const how =
    "The API has changed. If that is meant: npm run api --workspace @1relay/link-sdk, and a line in CHANGELOG.md.";
  assert.equal(built, read("api.txt"), how);
});

test("an empty project imports and requires it, on a server too", () => {
  const use =
    "const handler = OneRelay.create({}); handler.exit(); handler.destroy(); console.log(LinkEvent.OPEN)";
  const module = `import { LinkEvent, OneRelay } from "@1relay/link-sdk"; ${use}`;
  assert.equal(run("node", ["--input-type=module", "-e", module], project), "OPEN\n");
  const script = `const { LinkEvent, OneRelay } = require("@1relay/link-sdk"); ${use}`;
  assert.equal(run("node", ["-e", script], project), "OPEN\n");
});

test("the README's code has types in an empty project, as a module and as a script", () => {
  const [snippet] = /(?<=```js[^\n]*\n)import.*?(?=```)/s.exec(read("README.md")) ?? [];
  const [component] = /(?<=```tsx[^\n]*\n).*?(?=```)/s.exec(read("README.md")) ?? [];
  assert.ok(snippet && component);
  writeFileSync(join(project, "app.mts"), `declare const linkToken: string;\n${snippet}`);
  writeFileSync(join(project, "app.cts"), `declare const linkToken: string;\n${snippet}`);
  writeFileSync(join(project, "connect.tsx"), component);
  const modules = resolve("node_modules");
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: "nodenext",
    jsx: "react-jsx",
    lib: ["ES2022", "DOM"],
    types: [],
    paths: { react: [`${modules}/@types/react`], "react/*": [`${modules}/@types/react/*`] },
  };
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["*.mts", "*.cts", "*.tsx"] }),
  );
  try {
    run("node", [join(modules, "typescript/bin/tsc"), "-p", "."], project);
  } catch (failure) {
    assert.fail((failure as { stdout: string }).stdout);
  }
});
