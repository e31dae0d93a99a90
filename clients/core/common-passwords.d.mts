import type { Plugin } from "esbuild";

export function fingerprints(): string;
export function commonPasswords(): Plugin;
