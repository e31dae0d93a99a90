// Builds everything the browser and the SDKs' users run. Source is TypeScript; nothing built is committed.
//
//   node clients/build.mjs            static/dist/*.js and *.css, the Argon2 worker, link.js, both SDKs' dist/ with types
//   node clients/build.mjs --watch    the same bundles, rebuilt on change, readable (no types)
//   node clients/build.mjs --tests    build/test/: every *.test.ts for Node, and what tests/e2e loads into a browser
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

import { commonPasswords } from "./core/common-passwords.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, "static/dist");
const TEST = join(ROOT, "build/test");
const WORKSPACES = [
  "clients/core",
  "clients/pages",
  "clients/link-sdk",
  "clients/node-sdk",
  "examples/demo-chat",
];

const watching = process.argv.includes("--watch");

const common = {
  absWorkingDir: ROOT,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  plugins: [commonPasswords()],
  sourcemap: watching ? "inline" : false,
};
const browser = {
  ...common,
  platform: "browser",
  target: ["chrome105", "firefox115", "safari16"],
  minify: !watching,
};
const node = { ...common, platform: "node", target: "node20" };

/** All files below a folder, as paths from the root of the repository; none if there is no such folder. */
function filesBelow(folder) {
  const found = [];
  for (const entry of existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { withFileTypes: true })
    : []) {
    if (entry.name === "node_modules" || entry.name === "dist") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(path));
    else found.push(path);
  }
  return found;
}

/** The top-level .ts files of a folder: each is one entry point. */
function entriesOf(folder) {
  return filesBelow(folder).filter(
    (path) => dirname(path) === folder && /\.ts$/.test(path) && !/\.d\.ts$/.test(path),
  );
}

function argon2Worker(outdir) {
  return {
    ...browser,
    entryPoints: [{ in: "clients/core/src/crypto/argon2Worker.ts", out: "argon2-worker" }],
    outdir,
    format: "iife",
  };
}

function pages() {
  return { ...browser, entryPoints: entriesOf("clients/pages/src"), outdir: DIST, format: "esm" };
}

/** What a page carries besides its own rules, as one sheet each. Icons stay where they are. */
function styles() {
  const entryPoints = filesBelow("clients/pages/styles");
  return { ...browser, entryPoints, outdir: DIST, external: ["*.svg"] };
}

/** The script tag form of the Link SDK: src/script.ts sets the global OneRelay. The relay serves it, and the package has it. */
function linkScript(outdir) {
  return {
    ...browser,
    entryPoints: [{ in: "clients/link-sdk/src/script.ts", out: "link" }],
    outdir,
    format: "iife",
  };
}

/** The Link SDK keeps its names, for stack traces, but not its comments: a page may load the module as it is. */
const link = { ...browser, minifyWhitespace: !watching };

/** The Link SDK's hook as a module of its own, which imports the SDK beside it in place of a second copy. */
function linkHook() {
  const formats = { esm: ".js", cjs: ".cjs" };
  return sdk("link-sdk", link, formats, ["react"]).map((options) => {
    const beside = { path: `./index${options.outExtension[".js"]}`, external: true };
    const setup = (build) => build.onResolve({ filter: /^\.\/index\.js$/ }, () => beside);
    return { ...options, plugins: [{ name: "beside", setup }] };
  });
}

/** An SDK as its users import it: readable, not minified, dependencies left alone. */
function sdk(name, base, formats, entries = ["index"]) {
  const folder = `clients/${name}`;
  return Object.entries(formats).map(([format, extension]) => ({
    ...base,
    minify: false,
    packages: "external",
    entryPoints: entries.map((entry) => `${folder}/src/${entry}.ts`),
    outdir: `${folder}/dist`,
    outExtension: { ".js": extension },
    format,
  }));
}

function emitTypes(name) {
  const folder = join(ROOT, "clients", name);
  const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly"];
  const places = ["--outDir", join(folder, "dist"), "--rootDir", join(folder, "src")];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const config = existsSync(join(folder, "tsconfig.build.json")) ? "tsconfig.build.json" : "tsconfig.json";
  execFileSync(process.execPath, [tsc, "-p", join(folder, config), ...options, ...places], {
    stdio: "inherit",
  });
}

/** The same types once more for those who require() the package: TypeScript tells module kinds apart by the name's ending. */
function copyTypesForRequire(name) {
  const folder = join(ROOT, "clients", name, "dist");
  for (const file of readdirSync(folder).filter((path) => path.endsWith(".d.ts"))) {
    const text = readFileSync(join(folder, file), "utf8").replaceAll(
      /(["']\.\/[\w-]+)\.js(["'])/g,
      "$1.cjs$2",
    );
    writeFileSync(join(folder, file.replace(/\.d\.ts$/, ".d.cts")), text);
  }
}

function product() {
  return [
    pages(),
    styles(),
    argon2Worker(DIST),
    linkScript(DIST),
    linkScript("clients/link-sdk/dist"),
    ...linkHook(),
    ...sdk("link-sdk", link, { esm: ".js", cjs: ".cjs" }),
    ...sdk("node-sdk", node, { esm: ".js", cjs: ".cjs" }, ["index", "ai-sdk"]),
  ].filter((options) => options.entryPoints.length > 0 && options.entryPoints.every(isThere));
}

function isThere(entry) {
  return existsSync(join(ROOT, typeof entry === "string" ? entry : entry.in));
}

function tests() {
  const found = WORKSPACES.flatMap((workspace) => filesBelow(workspace)).filter((path) =>
    path.endsWith(".test.ts"),
  );
  const named = found.map((path) => ({ in: path, out: flatName(path) }));
  const inBrowser = entriesOf("clients/core/tests/browser");
  return [
    {
      ...node,
      entryPoints: named,
      outdir: join(TEST, "node"),
      format: "esm",
      outExtension: { ".js": ".mjs" },
      banner: REQUIRE,
    },
    {
      ...browser,
      entryPoints: inBrowser,
      outdir: join(TEST, "browser"),
      format: "esm",
      loader: { ".json": "json" },
    },
    argon2Worker(join(TEST, "browser")),
  ].filter((options) => options.entryPoints.length > 0);
}

// A CommonJS dependency inside an ES module bundle asks for Node's own modules by require().
const REQUIRE = {
  js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
};

/** clients/core/tests/tokens.test.ts → core.tokens.test: one flat folder, which every `node --test` understands. */
function flatName(path) {
  const [, workspace, , ...rest] = path.split("/");
  return [workspace, ...rest].join(".").replace(/\.ts$/, "");
}

/** Tests that were renamed or deleted must not go on running. */
function removeStale(results) {
  const made = new Set(results.flatMap((result) => Object.keys(result.metafile.outputs)));
  for (const path of filesBelow("build/test")) if (!made.has(path)) rmSync(join(ROOT, path));
}

if (process.argv.includes("--tests")) {
  removeStale(await Promise.all(tests().map((options) => esbuild.build({ ...options, metafile: true }))));
} else if (watching) {
  const contexts = await Promise.all(product().map((options) => esbuild.context(options)));
  await Promise.all(contexts.map((context) => context.watch()));
  console.log(`watching ${basename(ROOT)}/clients; Ctrl-C stops`);
} else {
  await Promise.all(product().map((options) => esbuild.build(options)));
  for (const name of ["link-sdk", "node-sdk"]) {
    if (existsSync(join(ROOT, `clients/${name}/src/index.ts`))) emitTypes(name);
  }
  copyTypesForRequire("node-sdk");
  copyTypesForRequire("link-sdk");
}
