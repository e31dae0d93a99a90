// Replacing a provider key in every connection that has it. Source: protocol.md, "Connections", Rotating.
import { sealKey } from "./crypto/connectionKeys";
import type { Bytes } from "./crypto/encoding";
import { RelayError, VaultError } from "./errors";
import { type NoteRefusal, readNote } from "./ownerNotes";
import type { Connection } from "./types";
import type { UnlockedVault } from "./vault";

/** `not_approved`: the note doesn't name this provider. `expired`: it has ended by the clock; no new key goes there. */
export type ResealRefusal = NoteRefusal | "not_approved" | "expired";
export type Reseal = { connectionId: string; name: string; refused: null | ResealRefusal };
type Plan = Reseal & { connectionKey: Bytes | null };

export type Seals = {
  sealedKeys?: { connectionId: string; sealedKey: string }[];
  dropConnections?: string[];
};
/** `shown`: the only connections that may get the new key, because the person has seen them listed. */
type Rotation = { provider: string; apiKey: string; shown: string[]; drop: string[] };

/** The connections with a seal of this provider, each with its key or why it is refused. */
export async function planReseals(vault: UnlockedVault, provider: string): Promise<Plan[]> {
  const connections = await vault.api.all<Connection>("/v1/connections", { provider });
  return Promise.all(connections.map((connection) => plan(vault, connection, provider)));
}

/**
 * Runs `post` with the seals of the whole re-seal set; if the set has changed meanwhile, once more with the new one.
 * Ids that the relay names but doesn't list are dropped: nothing is known of them that would justify a seal.
 * Throws VaultError connections_changed, with what is to be shown, before a key is sealed for a connection that was not.
 */
export async function resealing<T>(
  vault: UnlockedVault,
  rotation: Rotation,
  post: (seals: Seals) => Promise<T>,
) {
  const first = await sealAll(await planReseals(vault, rotation.provider), rotation);
  try {
    return { answer: await post(bodyOf(first)), ...first };
  } catch (error) {
    const wanted = setOf(error);
    if (wanted === null) throw error;
    const again = await sealAll(await planReseals(vault, rotation.provider), rotation);
    const limited = limitTo(wanted, again);
    return { answer: await post(bodyOf(limited)), ...limited };
  }
}

type Sealed = {
  sealedKeys: { connectionId: string; sealedKey: string }[];
  resealed: string[];
  dropped: string[];
};

async function plan(vault: UnlockedVault, connection: Connection, provider: string): Promise<Plan> {
  const shown = { connectionId: connection.id, name: connection.app?.name ?? connection.name ?? "Personal" };
  if (connection.status === "expired") return { ...shown, refused: "expired", connectionKey: null };
  const { grant, refused } = await readNote(vault, connection);
  if (grant === null) return { ...shown, refused, connectionKey: null };
  if (!grant.providers.includes(provider)) return { ...shown, refused: "not_approved", connectionKey: null };
  return { ...shown, refused: null, connectionKey: grant.connectionKey };
}

export function withoutKeys(plans: Plan[]): Reseal[] {
  return plans.map(({ connectionId, name, refused }) => ({ connectionId, name, refused }));
}

async function sealAll(plans: Plan[], { provider, apiKey, shown, drop }: Rotation): Promise<Sealed> {
  const isUnseen = ({ connectionId, connectionKey }: Plan) =>
    connectionKey !== null && !shown.includes(connectionId) && !drop.includes(connectionId);
  if (plans.some(isUnseen)) throw new VaultError("connections_changed", undefined, withoutKeys(plans));
  const sealedKeys: Sealed["sealedKeys"] = [];
  const dropped: string[] = [];
  for (const { connectionId, connectionKey } of plans) {
    if (connectionKey === null || drop.includes(connectionId)) dropped.push(connectionId);
    else
      sealedKeys.push({
        connectionId,
        sealedKey: await sealKey(connectionKey, connectionId, provider, apiKey),
      });
  }
  return { sealedKeys, resealed: sealedKeys.map((seal) => seal.connectionId), dropped };
}

function limitTo(wanted: string[], made: Sealed): Sealed {
  const sealedKeys = made.sealedKeys.filter((seal) => wanted.includes(seal.connectionId));
  const resealed = sealedKeys.map((seal) => seal.connectionId);
  return { sealedKeys, resealed, dropped: wanted.filter((id) => !resealed.includes(id)) };
}

function bodyOf({ sealedKeys, dropped }: Sealed): Seals {
  if (sealedKeys.length + dropped.length === 0) return {};
  return { sealedKeys, dropConnections: dropped };
}

/** The re-seal set as the relay names it in its refusal; null for any other failure. */
function setOf(error: unknown): string[] | null {
  if (!(error instanceof RelayError) || error.code !== "conflict") return null;
  const { connections } = error.details;
  return Array.isArray(connections) && connections.every((id) => typeof id === "string") ? connections : null;
}
