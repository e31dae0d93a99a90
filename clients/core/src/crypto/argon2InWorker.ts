// What "#argon2" means in a browser: the same function, off the page's thread, in a Worker that lives for one derivation
// (its WebAssembly memory, which held the password, goes with it).
import type { Argon2Input } from "./argon2";
import type { Argon2Answer } from "./argon2Worker";

/** Argon2id in the worker that is served beside the bundle this code is in. */
export function argon2(input: Argon2Input): Promise<Uint8Array> {
  const worker = new Worker(new URL("./argon2-worker.js", import.meta.url));
  return new Promise<Uint8Array>((resolve, reject) => {
    worker.addEventListener("message", (event: MessageEvent<Argon2Answer>) => {
      if ("masterKey" in event.data) resolve(event.data.masterKey);
      else reject(new Error(event.data.failed));
    });
    worker.addEventListener("error", () => {
      reject(new Error("The Argon2 worker could not be started. Is WebAssembly allowed here?"));
    });
    worker.postMessage(input);
  }).finally(() => {
    worker.terminate();
  });
}
