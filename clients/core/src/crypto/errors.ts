/** The four ways in which the protocol's cryptography fails, all final. Source: protocol.md, "Failure". */
export abstract class CryptoError extends Error {}

/** Malformed before a cryptographic operation, or of the wrong shape after opening. */
export class BadEncoding extends CryptoError {
  override readonly name = "BadEncoding";
}

/** Not one of our tokens: pattern or checksum. */
export class BadToken extends CryptoError {
  override readonly name = "BadToken";
}

/** A signature that doesn't verify, or a public key that is refused. */
export class BadProof extends CryptoError {
  override readonly name = "BadProof";
}

/** The AEAD refused: another key, another place, or altered. */
export class CannotOpen extends CryptoError {
  override readonly name = "CannotOpen";
}
