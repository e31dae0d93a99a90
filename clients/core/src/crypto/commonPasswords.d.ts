/** Base64 of sorted 4-byte fingerprints (the first bytes of SHA-256); common-passwords.mjs makes the module at build time. */
declare const fingerprints: string;
export default fingerprints;
