// Loaded by tests/e2e/test_interop.py: makes in the browser what Python opens, and opens what Python made.
import * as protocol from "../../src/crypto";

const { b64uEncode } = protocol;

/** Everything one device makes for one account and one connection; raw values as b64u. */
export type Made = Record<
  | "email"
  | "origin"
  | "password"
  | "challenge"
  | "loginPublicKey"
  | "registerProof"
  | "loginProof"
  | "vaultKey"
  | "wrappedVaultKey"
  | "provider"
  | "apiKey"
  | "label"
  | "vaultItem"
  | "recoveryKey"
  | "recoveryVaultKey"
  | "sessionKey"
  | "sessionVault"
  | "connectionId"
  | "clientId"
  | "connectionKey"
  | "sealedKey"
  | "ownerGrant"
  | "publicToken"
  | "publicTokenHash"
  | "grantedKey"
  | "accessToken"
  | "heldKey",
  string
> & { kdf: protocol.Kdf };

type Given = Pick<
  Made,
  | "email"
  | "origin"
  | "password"
  | "challenge"
  | "provider"
  | "apiKey"
  | "label"
  | "connectionId"
  | "clientId"
>;

async function makeAll(given: Given): Promise<Made> {
  const kdf = protocol.newKdf();
  const { loginSeed, wrapKey } = await protocol.derivePasswordKeys(given.password, given.email, kdf);
  const signer = await protocol.makeSigner(loginSeed);
  const vaultKey = protocol.newVaultKey();
  const recoveryKey = protocol.newRecoveryKey();
  const sessionKey = b64uEncode(protocol.randomBytes(32));
  return {
    ...given,
    kdf,
    loginPublicKey: signer.publicKey,
    registerProof: await signer.sign(protocol.registerMessage(given, signer.publicKey)),
    loginProof: await signer.sign(protocol.loginMessage(given)),
    vaultKey: b64uEncode(vaultKey),
    wrappedVaultKey: await protocol.wrapVaultKey(wrapKey, vaultKey),
    vaultItem: await protocol.sealItem(vaultKey, given.provider, {
      apiKey: given.apiKey,
      label: given.label,
    }),
    recoveryKey: protocol.writeRecoveryKey(recoveryKey),
    recoveryVaultKey: await protocol.sealRecoveryVaultKey(recoveryKey, vaultKey),
    sessionKey,
    sessionVault: await protocol.sealSessionVault(sessionKey, { vaultKey, loginSeed }),
    ...(await makeConnection(given, vaultKey)),
  };
}

async function makeConnection({ connectionId, clientId, provider, apiKey }: Given, vaultKey: protocol.Bytes) {
  const connectionKey = protocol.newConnectionKey();
  const publicToken = protocol.mintToken("1r_pt_");
  const accessToken = protocol.mintToken("1r_at_");
  const noted = { connectionKey, clientId, providers: [provider] };
  return {
    connectionKey: b64uEncode(connectionKey),
    sealedKey: await protocol.sealKey(connectionKey, connectionId, provider, apiKey),
    ownerGrant: await protocol.sealOwnerGrant(vaultKey, connectionId, noted),
    publicToken,
    publicTokenHash: await protocol.digestToken(publicToken),
    grantedKey: await protocol.sealGrantedKey(publicToken, connectionId, connectionKey),
    accessToken,
    heldKey: await protocol.sealHeldKey(accessToken, connectionId, connectionKey),
  };
}

/** Opens from the password on; answers what it found, to be compared with what Python put in. */
async function openAll(made: Made): Promise<Record<string, unknown>> {
  const { loginSeed, wrapKey } = await protocol.derivePasswordKeys(made.password, made.email, made.kdf);
  const signer = await protocol.makeSigner(loginSeed);
  await protocol.verify(
    signer.publicKey,
    protocol.registerMessage(made, signer.publicKey),
    made.registerProof,
  );
  await protocol.verify(signer.publicKey, protocol.loginMessage(made), made.loginProof);
  const vaultKey = await protocol.unwrapVaultKey(wrapKey, made.wrappedVaultKey);
  const recoveryKey = protocol.readRecoveryKey(made.recoveryKey);
  const recovered = await protocol.openRecoveryVaultKey(recoveryKey, made.recoveryVaultKey);
  const session = await protocol.openSessionVault(made.sessionKey, made.sessionVault);
  const grant = await protocol.openOwnerGrant(vaultKey, made.connectionId, made.ownerGrant);
  const granted = await protocol.openGrantedKey(made.publicToken, made.connectionId, made.grantedKey);
  const held = await protocol.openHeldKey(made.accessToken, made.connectionId, made.heldKey);
  return {
    loginPublicKey: signer.publicKey,
    item: await protocol.openItem(vaultKey, made.provider, made.vaultItem),
    vaultKeys: [vaultKey, recovered, session.vaultKey].map(b64uEncode),
    loginSeedKept: b64uEncode(session.loginSeed) === b64uEncode(loginSeed),
    connectionKeys: [grant.connectionKey, granted, held].map(b64uEncode),
    grant: { clientId: grant.clientId, providers: grant.providers },
    apiKey: await protocol.openSealedKey(held, made.connectionId, made.provider, made.sealedKey),
    publicTokenHash: await protocol.digestToken(made.publicToken),
  };
}

Object.assign(window, { makeAll, openAll });
