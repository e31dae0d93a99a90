// The body of the Argon2 worker (static/dist/argon2-worker.js): one message in, one answer out, then it is ended.
import { argon2, type Argon2Input } from "./argon2";

export type Argon2Answer = { masterKey: Uint8Array } | { failed: string };

addEventListener("message", (event: MessageEvent<Argon2Input>) => {
  argon2(event.data).then(
    (masterKey) => {
      answer({ masterKey });
    },
    (reason: unknown) => {
      answer({ failed: reason instanceof Error ? reason.message : "Argon2 failed" });
    },
  );
});

function answer(message: Argon2Answer): void {
  (self as unknown as { postMessage(message: Argon2Answer): void }).postMessage(message);
}
