// The functions of protocol.md under its names in camelCase.
export * from "./connectionKeys";
export { type Signer, makeSigner, verify } from "./ed25519";
export * from "./encoding";
export * from "./errors";
export * from "./kdf";
export { derivePasswordKeys, type PasswordKeys } from "./password";
export * from "./proofs";
export * from "./recovery";
export * from "./session";
export { checkToken, digestToken, mintId, mintToken, PREFIXES, type TokenPrefix } from "./tokens";
export * from "./vault";
