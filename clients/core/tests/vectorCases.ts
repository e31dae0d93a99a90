// Every entry of spec/vectors.json as a case that throws unless the browser module agrees; run under Node and in Chromium.
import { hkdf } from "../src/crypto/aead";
import * as keys from "../src/crypto/connectionKeys";
import { librarySigner, platformSigner, type Signer, verify } from "../src/crypto/ed25519";
import { b64uDecode, b64uEncode, concat, normaliseEmail, utf8 } from "../src/crypto/encoding";
import { type CryptoError } from "../src/crypto/errors";
import { argonSalt, checkKdf, type Kdf, kdfText } from "../src/crypto/kdf";
import { SESSION_KEY } from "../src/crypto/labels";
import { deriveMasterKey, normalisePassword, splitMasterKey } from "../src/crypto/password";
import { refuseNewPassword } from "../src/crypto/passwordRules";
import * as proofs from "../src/crypto/proofs";
import * as recovery from "../src/crypto/recovery";
import { openSessionVault, sealSessionVault } from "../src/crypto/session";
import { checkToken, digestToken, writeToken } from "../src/crypto/tokens";
import { openItem, sealItem, unwrapVaultKey, wrapVaultKey } from "../src/crypto/vault";
import vectors from "../../../spec/vectors.json";

export type Case = { name: string; run: () => Promise<void> | void };

const bytes = (text: string) => b64uDecode(text);
const { password, vault, connection, session } = vectors;
const vaultKey = bytes(vault.vaultKey);
const connectionKey = bytes(connection.connectionKey);
const kdf = checkKdf(password.kdf);

export const cases: Case[] = [
  ...vectors.tokens.map((entry) => ({
    name: `token ${entry.prefix}`,
    async run() {
      same(writeToken(checkedPrefix(entry.token), bytes(entry.random)), entry.token);
      same(checkToken(entry.token, checkedPrefix(entry.token)), entry.token);
      same(await digestToken(entry.token), entry.sha256);
    },
  })),
  ...vectors.badTokens.map((entry, index) => ({
    name: `bad token ${index}`,
    run: () => fails(entry.expect, () => checkToken(entry.token)),
  })),
  ...vectors.emails.map((entry) => ({
    name: `email ${JSON.stringify(entry.given)}`,
    async run() {
      if (entry.email === null) await fails("BadEncoding", () => normaliseEmail(entry.given));
      else same(normaliseEmail(entry.given), entry.email);
    },
  })),
  ...vectors.kdfRefused.map((entry, index) => ({
    name: `refused key derivation ${index}`,
    run: () => fails("BadEncoding", () => checkKdf(entry)),
  })),
  ...vectors.kdfAccepted.map((entry, index) => ({
    name: `accepted key derivation ${index}`,
    run() {
      same(JSON.stringify(checkKdf(entry)), JSON.stringify(entry));
    },
  })),
  ...vectors.passwordsRefused.map((entry, index) => ({
    name: `refused password ${index}`,
    async run() {
      if ((await refuseNewPassword(entry)) === null) throw new Error("it was accepted");
    },
  })),
  { name: "password to keys", run: passwordToKeys },
  { name: "proofs by the platform's Ed25519", run: async () => checkProofs(await platformOf()) },
  { name: "proofs by the library's Ed25519", run: async () => checkProofs(librarySigner) },
  ...vectors.badProofs.map((entry) => ({
    name: `bad proof: ${entry.why}`,
    run: () => fails(entry.expect, () => verify(entry.publicKey, proofs.loginMessage(entry), entry.proof)),
  })),
  ...vectors.refusedPublicKeys.map((publicKey) => ({
    name: `refused public key ${publicKey.slice(0, 6)}…${publicKey.slice(-3)}`,
    // R = the identity and S = 0 is the signature that fits every message under such a key.
    run: () =>
      fails(
        "BadProof",
        () => verify(publicKey, utf8("anything"), `AQ${"A".repeat(84)}`),
        "the public key is refused",
      ),
  })),
  { name: "vault key and item", run: vaultKeyAndItem },
  { name: "recovery", run: recoveryKey },
  ...vectors.recovery.refused.map((text, index) => ({
    name: `refused recovery key ${index}`,
    run: () => fails("BadEncoding", () => recovery.readRecoveryKey(text)),
  })),
  { name: "session vault", run: sessionVault },
  { name: "connection blobs open", run: connectionOpens },
  { name: "connection blobs sealed here open again", run: connectionSeals },
  ...vectors.mustNotOpen.map((entry) => ({
    name: `must not open: ${entry.why}`,
    run: () => fails(entry.expect, () => openAs(entry)),
  })),
];

async function passwordToKeys(): Promise<void> {
  same(normalisePassword(password.password), password.nfkc);
  same(b64uEncode(await argonSalt(password.email, kdf)), password.argonSalt);
  const masterKey = await deriveMasterKey(password.password, password.email, kdf);
  same(b64uEncode(masterKey), password.masterKey);
  const { loginSeed, wrapKey } = await splitMasterKey(masterKey);
  same(b64uEncode(loginSeed), password.loginSeed);
  same(b64uEncode(wrapKey), password.wrapKey);
}

async function platformOf(): Promise<(seed: Uint8Array<ArrayBuffer>) => Promise<Signer>> {
  const own = await platformSigner(bytes(password.loginSeed));
  if (own === null) throw new Error("this platform has no Ed25519; the test expects one that has");
  return async (seed) => (await platformSigner(seed)) ?? own;
}

async function checkProofs(signerOf: (seed: Uint8Array<ArrayBuffer>) => Promise<Signer>): Promise<void> {
  const login = await signerOf(bytes(password.loginSeed));
  same(login.publicKey, password.loginPublicKey);
  const recovering = await signerOf(await recovery.recoverySeed(bytes(vectors.recovery.recoveryKey)));
  same(recovering.publicKey, vectors.recovery.recoveryPublicKey);
  const given = vectors.proofs;
  const newKdf: Kdf = checkKdf(given.newKdf);
  same(kdfText(newKdf).join("␀"), given.newKdfText);
  const next = {
    kdf: newKdf,
    loginPublicKey: given.newLoginPublicKey,
    wrappedVaultKey: given.newWrappedVaultKey,
  };
  const again = {
    recoveryPublicKey: given.newRecoveryPublicKey,
    recoveryVaultKey: given.newRecoveryVaultKey,
  };
  const made: [Signer, Uint8Array<ArrayBuffer>, string][] = [
    [login, proofs.registerMessage(given, password.loginPublicKey), given.registerProof],
    [login, proofs.loginMessage(given), given.loginProof],
    [login, await proofs.passwordMessage(given, next), given.passwordProof],
    [recovering, proofs.recoverReadMessage(given), given.recoverReadProof],
    [recovering, await proofs.recoverMessage(given, { ...next, ...again }), given.recoverProof],
    [login, proofs.deleteMessage(given), given.deleteProof],
  ];
  for (const [signer, message, proof] of made) {
    await verify(signer.publicKey, message, proof);
    // Some platforms randomise signatures, so ours is verified, never compared.
    await verify(signer.publicKey, message, await signer.sign(message));
  }
  const renewed = proofs.registerMessage(given, given.newLoginPublicKey);
  await verify(given.newLoginPublicKey, renewed, given.newRegisterProof);
}

async function vaultKeyAndItem(): Promise<void> {
  const wrapKey = bytes(password.wrapKey);
  same(b64uEncode(await unwrapVaultKey(wrapKey, vault.wrappedVaultKey)), vault.vaultKey);
  same(b64uEncode(await unwrapVaultKey(wrapKey, await wrapVaultKey(wrapKey, vaultKey))), vault.vaultKey);
  const item = await openItem(vaultKey, vault.provider, vault.vaultItem);
  same(JSON.stringify(item), vault.plaintext);
  const kept = { ...item, later: { kept: true } };
  const again = await openItem(vaultKey, vault.provider, await sealItem(vaultKey, vault.provider, kept));
  same(JSON.stringify(again), JSON.stringify(kept));
}

async function recoveryKey(): Promise<void> {
  const raw = bytes(vectors.recovery.recoveryKey);
  same(recovery.writeRecoveryKey(raw), vectors.recovery.display);
  for (const text of [vectors.recovery.display, ...vectors.recovery.readsAs]) {
    same(b64uEncode(recovery.readRecoveryKey(text)), vectors.recovery.recoveryKey);
  }
  const opened = await recovery.openRecoveryVaultKey(raw, vectors.recovery.recoveryVaultKey);
  same(b64uEncode(opened), vault.vaultKey);
  const sealed = await recovery.sealRecoveryVaultKey(raw, vaultKey);
  same(b64uEncode(await recovery.openRecoveryVaultKey(raw, sealed)), vault.vaultKey);
}

async function sessionVault(): Promise<void> {
  const material = concat(utf8(session.token), bytes(session.sessionSecret));
  same(b64uEncode(await hkdf(material, SESSION_KEY)), session.sessionKey);
  const secrets = await openSessionVault(session.sessionKey, session.sessionVault);
  same(b64uEncode(secrets.vaultKey), vault.vaultKey);
  same(b64uEncode(secrets.loginSeed), password.loginSeed);
  const again = await openSessionVault(
    session.sessionKey,
    await sealSessionVault(session.sessionKey, secrets),
  );
  same(b64uEncode(again.loginSeed), password.loginSeed);
}

async function connectionOpens(): Promise<void> {
  const { connectionId: id, provider } = connection;
  same(await keys.openSealedKey(connectionKey, id, provider, connection.sealedKey), connection.apiKey);
  const grant = await keys.openOwnerGrant(vaultKey, id, connection.ownerGrant);
  same(b64uEncode(grant.connectionKey), connection.connectionKey);
  same(
    JSON.stringify({ ...grant, connectionKey: b64uEncode(grant.connectionKey) }),
    JSON.stringify(JSON.parse(connection.ownerPlaintext)),
  );
  const granted = await keys.openGrantedKey(connection.publicToken, id, connection.grantedKey);
  same(b64uEncode(granted), connection.connectionKey);
  same(
    b64uEncode(await keys.openHeldKey(connection.accessToken, id, connection.heldKey)),
    connection.connectionKey,
  );
  same(await digestToken(connection.publicToken), connection.publicTokenHash);
}

async function connectionSeals(): Promise<void> {
  const { connectionId: id, provider, clientId, publicToken, accessToken } = connection;
  const sealedKey = await keys.sealKey(connectionKey, id, provider, connection.apiKey);
  same(await keys.openSealedKey(connectionKey, id, provider, sealedKey), connection.apiKey);
  const noted = { connectionKey, clientId, providers: [provider] };
  const grant = await keys.openOwnerGrant(vaultKey, id, await keys.sealOwnerGrant(vaultKey, id, noted));
  same(grant.providers.join(), provider);
  const grantedKey = await keys.sealGrantedKey(publicToken, id, connectionKey);
  same(b64uEncode(await keys.openGrantedKey(publicToken, id, grantedKey)), connection.connectionKey);
  const heldKey = await keys.sealHeldKey(accessToken, id, connectionKey);
  same(b64uEncode(await keys.openHeldKey(accessToken, id, heldKey)), connection.connectionKey);
}

type MustNotOpen = { kind: string; blob: string; provider?: string; connectionId?: string; token?: string };

function openAs({ kind, blob, provider = "", connectionId = "", token = "" }: MustNotOpen): Promise<unknown> {
  switch (kind) {
    case "vaultItem":
      return openItem(vaultKey, provider, blob);
    case "sealedKey":
      return keys.openSealedKey(connectionKey, connectionId, provider, blob);
    case "ownerGrant":
      return keys.openOwnerGrant(vaultKey, connectionId, blob);
    case "grantedKey":
      return keys.openGrantedKey(token, connectionId, blob);
    case "heldKey":
      return keys.openHeldKey(token, connectionId, blob);
    case "wrappedVaultKey":
      return unwrapVaultKey(bytes(password.wrapKey), blob);
    default:
      throw new Error(`vectors.json has a kind this test does not know: ${kind}`);
  }
}

function checkedPrefix(token: string) {
  const prefix = (["1r_cs_", "1r_ut_", "1r_lt_", "1r_pt_", "1r_at_"] as const).find((known) =>
    token.startsWith(known),
  );
  if (prefix === undefined) throw new Error("an unknown prefix");
  return prefix;
}

export function same(made: unknown, wanted: unknown): void {
  if (made !== wanted) throw new Error(`made ${String(made)}, wanted ${String(wanted)}`);
}

/** Runs what must fail, with exactly the named class (and message, if given). */
export async function fails(expected: string, run: () => unknown, message?: string): Promise<void> {
  let failure: unknown;
  try {
    await run();
  } catch (error) {
    failure = error;
  }
  const known = failure as CryptoError | undefined;
  same(known?.name, expected);
  if (message !== undefined) same(known?.message, message);
}
