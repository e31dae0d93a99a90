import { argon2id } from "hash-wasm";

export type Argon2Input = {
  /** NFKC UTF-8 of the password. */
  password: Uint8Array;
  /** 16 bytes. */
  salt: Uint8Array;
  memoryKib: number;
  iterations: number;
};

/** Argon2id v1.3 with p = 1, 32 bytes out; blocks the thread it runs on. Source: protocol.md, "Password → two independent keys". */
export function argon2(input: Argon2Input): Promise<Uint8Array> {
  return argon2id({
    password: input.password,
    salt: input.salt,
    memorySize: input.memoryKib,
    iterations: input.iterations,
    parallelism: 1,
    hashLength: 32,
    outputType: "binary",
  });
}
