// The user's own sealed note of what each connection was approved for, and changing it. Source: protocol.md, "Connections".
import { type OwnerGrant, openOwnerGrant, PERSONAL, sealKey, sealOwnerGrant } from "./crypto/connectionKeys";
import { CryptoError } from "./crypto/errors";
import { RelayError, VaultError } from "./errors";
import type { Connection, ConnectionStatus, SealedKey } from "./types";
import type { UnlockedVault } from "./vault";

export type NoteRefusal = "tampered" | "other_client";
export type Note = { grant: OwnerGrant; refused: null } | { grant: null; refused: NoteRefusal };

const CHANGEABLE = new Set<ConnectionStatus>(["active", "paused"]);

/** The note of a connection, refused unless it opens and was written for the very app the relay names. */
export async function readNote(vault: UnlockedVault, connection: Connection): Promise<Note> {
  try {
    const grant = await openOwnerGrant(vault.key, connection.id, connection.ownerGrant ?? "");
    const clientId = connection.app?.clientId ?? PERSONAL;
    return grant.clientId === clientId ? { grant, refused: null } : { grant: null, refused: "other_client" };
  } catch (error) {
    if (error instanceof CryptoError) return { grant: null, refused: "tampered" };
    throw error;
  }
}

/** The note of a connection that can be changed. Throws VaultError not_usable, tampered. */
export async function changeableNote(vault: UnlockedVault, connection: Connection): Promise<OwnerGrant> {
  if (!CHANGEABLE.has(connection.status)) throw new VaultError("not_usable");
  const { grant } = await readNote(vault, connection);
  if (grant === null) throw new VaultError("tampered");
  return grant;
}

/** Seals of further providers and the note that names them, old ∪ added. */
export async function sealsFor(
  vault: UnlockedVault,
  connectionId: string,
  grant: OwnerGrant,
  added: string[],
) {
  const keys = await vault.apiKeys(added);
  const sealing = [...keys].map(async ([provider, apiKey]): Promise<SealedKey> => ({
    provider,
    sealedKey: await sealKey(grant.connectionKey, connectionId, provider, apiKey),
  }));
  const providers = [...new Set([...grant.providers, ...added])];
  const ownerGrant = await sealOwnerGrant(vault.key, connectionId, { ...grant, providers });
  return { sealedKeys: await Promise.all(sealing), ownerGrant };
}

export async function addProvider(
  vault: UnlockedVault,
  connection: Connection,
  provider: string,
): Promise<Connection> {
  const grant = await changeableNote(vault, connection);
  return patch(vault, connection.id, await sealsFor(vault, connection.id, grant, [provider]));
}

/** Takes a provider away; a note that is refused stays as it is, for nothing is ever sealed by it. */
export async function removeProvider(
  vault: UnlockedVault,
  connection: Connection,
  provider: string,
): Promise<Connection> {
  const { grant } = await readNote(vault, connection);
  const removal = { removeProviders: [provider] };
  if (grant === null) return patch(vault, connection.id, removal);
  return patch(vault, connection.id, {
    ...removal,
    ownerGrant: await without(vault, connection.id, grant, [provider]),
  });
}

/** Makes every note name no more than the connection has, so that no later rotation gives it more. */
export async function tidyNotes(vault: UnlockedVault): Promise<void> {
  const connections = await vault.api.all<Connection>("/v1/connections");
  for (const connection of connections) if (CHANGEABLE.has(connection.status)) await tidy(vault, connection);
}

async function tidy(vault: UnlockedVault, connection: Connection): Promise<void> {
  const { grant } = await readNote(vault, connection);
  const gone = grant?.providers.filter((provider) => !connection.providers.includes(provider)) ?? [];
  if (grant === null || gone.length === 0) return;
  try {
    await patch(vault, connection.id, { ownerGrant: await without(vault, connection.id, grant, gone) });
  } catch (error) {
    // Revoked meanwhile: there is no note any more.
    if (!(error instanceof RelayError) || ![404, 409].includes(error.status)) throw error;
  }
}

function without(
  vault: UnlockedVault,
  connectionId: string,
  grant: OwnerGrant,
  gone: string[],
): Promise<string> {
  const providers = grant.providers.filter((provider) => !gone.includes(provider));
  return sealOwnerGrant(vault.key, connectionId, { ...grant, providers });
}

function patch(vault: UnlockedVault, connectionId: string, change: object): Promise<Connection> {
  return vault.api.patch<Connection>(`/v1/connections/${connectionId}`, change, { elevated: true });
}
