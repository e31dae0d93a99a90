// Answers the relay's challenges with the login key. Source: protocol.md, "Password → two independent keys".
import type { RelayApi } from "./api";
import { makeSigner, type Signer } from "./crypto/ed25519";
import { normaliseEmail } from "./crypto/encoding";
import { CryptoError } from "./crypto/errors";
import { checkKdf, type Kdf } from "./crypto/kdf";
import { derivePasswordKeys, type PasswordKeys } from "./crypto/password";
import { loginMessage } from "./crypto/proofs";
import { elseTampered, RelayError, VaultError } from "./errors";
import { refuseLowered, remember } from "./kdfMemory";
import type { Prelogin } from "./types";

/** The body of login and unlock. */
export type LoginAnswer = { challenge: string; loginProof: string };

/** What prelogin answers, checked. */
export type Challenge = { kdf: Kdf; challenge: string };

export class LoginProver {
  constructor(
    private readonly api: RelayApi,
    private readonly storage: Storage | null,
  ) {}

  /**
   * Derives the keys of a password, has `post` send the proof, and answers both and the parameters.
   * Throws VaultError wrong_password, other_origin, kdf_lowered, tampered.
   */
  async withPassword<T>(email: string, password: string, post: (answer: LoginAnswer) => Promise<T>) {
    const { kdf, challenge } = await this.challenge(email);
    const keys = await keysOf(password, email, kdf);
    const loginProof = await this.#sign(await makeSigner(keys.loginSeed), email, challenge);
    const answer = await elseWrongPassword(post({ challenge, loginProof }));
    await this.remember(email, kdf);
    return { answer, keys, kdf };
  }

  /** The same with a login key that is at hand. */
  async withSigner<T>(email: string, signer: Signer, post: (answer: LoginAnswer) => Promise<T>): Promise<T> {
    const { challenge } = await this.challenge(email);
    return post({ challenge, loginProof: await this.#sign(signer, email, challenge) });
  }

  /** Notes parameters that were just accepted, so that this browser refuses lower ones later. */
  remember(email: string, kdf: Kdf): Promise<void> {
    return remember(this.storage, email, kdf);
  }

  /** What the relay gives to be signed. Throws VaultError other_origin, kdf_lowered, tampered, insecure_page. */
  async challenge(email: string): Promise<Challenge> {
    refuseInsecurePage();
    const { origin, kdf, challenge } = await this.api.post<Prelogin>("/v1/auth/prelogin", { email });
    if (origin !== this.api.origin) throw new VaultError("other_origin");
    const checked = await elseTampered(() => checkKdf(kdf));
    await refuseLowered(this.storage, email, checked);
    return { kdf: checked, challenge };
  }

  #sign(signer: Signer, email: string, challenge: string): Promise<string> {
    return elseTampered(() => signer.sign(loginMessage({ origin: this.api.origin, email, challenge })));
  }
}

/** Browsers have no WebCrypto on pages that came by plain http from another machine. */
export function refuseInsecurePage(): void {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (subtle === undefined) throw new VaultError("insecure_page");
}

/** The normalised email. Throws VaultError email_refused. */
export function emailOf(text: string): string {
  try {
    return normaliseEmail(text);
  } catch {
    throw new VaultError("email_refused");
  }
}

async function keysOf(password: string, email: string, kdf: Kdf): Promise<PasswordKeys> {
  try {
    return await derivePasswordKeys(password, email, kdf);
  } catch (error) {
    // No account can have a password that is no text.
    throw error instanceof CryptoError ? new VaultError("wrong_password") : error;
  }
}

async function elseWrongPassword<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RelayError && error.code === "login_failed") throw new VaultError("wrong_password");
    throw error;
  }
}
