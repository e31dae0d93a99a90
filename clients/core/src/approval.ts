// What the Link window seals when a person approves. Source: protocol.md, "Connections"; api.md, "Link".
import { newConnectionKey, sealGrantedKey } from "./crypto/connectionKeys";
import { digestToken, mintToken } from "./crypto/tokens";
import { elseTampered, VaultError } from "./errors";
import { changeableNote, sealsFor } from "./ownerNotes";
import type { Connection, Limits, SealedKey } from "./types";
import type { UnlockedVault } from "./vault";

/** What GET /v1/link/session answered, with the token it was asked by. */
export type LinkSession = {
  linkToken: string;
  app: { name: string; clientId: string };
  requestedProviders: string[];
  connectionId: string;
  update: boolean;
};
export type ApprovalChoice = {
  /** Of the requested ones; each must be in the vault. In update mode those the connection already has may be among them. */
  providers: string[];
  budgetCents: number;
  limits?: Limits;
  /** Update mode only. */
  removeProviders?: string[];
  /** Update mode only: requested ones that the connection has, whose keys are to be sealed for it again. */
  renew?: string[];
};

/** In update mode, what is left out stays as it is. */
export type UpdateChoice = Omit<ApprovalChoice, "budgetCents"> & { budgetCents?: number };

type Terms = { budgetCents: number; limits?: Limits };
export type AuthorizeBody = Terms & {
  linkToken: string;
  publicTokenHash: string;
  grantedKey: string;
  ownerGrant: string;
  sealedKeys: SealedKey[];
};
export type UpdateBody = Partial<Terms> & {
  linkToken: string;
  connectionId: string;
  sealedKeys?: SealedKey[];
  ownerGrant?: string;
  removeProviders?: string[];
};
export type Approval = { body: AuthorizeBody; publicToken: string };

/** A fresh connection key, everything sealed with it, and the public token that opens it once. */
export async function approve(
  vault: UnlockedVault,
  session: LinkSession,
  choice: ApprovalChoice,
): Promise<Approval> {
  refuseUnrequested(session, choice);
  const { linkToken, connectionId } = session;
  const publicToken = mintToken("1r_pt_");
  const connectionKey = newConnectionKey();
  const nothingYet = { connectionKey, clientId: session.app.clientId, providers: [] };
  const sealed = await elseTampered(() => sealsFor(vault, connectionId, nothingYet, choice.providers));
  const grantedKey = await elseTampered(() => sealGrantedKey(publicToken, connectionId, connectionKey));
  const publicTokenHash = await digestToken(publicToken);
  const terms = { budgetCents: choice.budgetCents, ...limitsOf(choice) };
  return { body: { linkToken, publicTokenHash, grantedKey, ...sealed, ...terms }, publicToken };
}

/** Seals for the providers that are new to the connection, or to be renewed. Throws VaultError also if its note is not of this very app. */
export async function approveUpdate(
  vault: UnlockedVault,
  session: LinkSession,
  connection: Connection,
  choice: UpdateChoice,
): Promise<UpdateBody> {
  const { removeProviders = [], renew = [] } = choice;
  if ([...choice.providers, ...renew].some((provider) => !session.requestedProviders.includes(provider))) {
    throw new VaultError("not_requested");
  }
  const grant = await changeableNote(vault, connection);
  if (connection.id !== session.connectionId || grant.clientId !== session.app.clientId)
    throw new VaultError("tampered");
  const body = { linkToken: session.linkToken, connectionId: connection.id, ...changesOf(choice) };
  const added = choice.providers.filter((provider) => !connection.providers.includes(provider));
  const sealed = [...added, ...renew.filter((provider) => connection.providers.includes(provider))];
  if (sealed.length === 0 && removeProviders.length === 0) return body;
  const kept = {
    ...grant,
    providers: grant.providers.filter((provider) => !removeProviders.includes(provider)),
  };
  const { sealedKeys, ownerGrant } = await sealsFor(vault, connection.id, kept, sealed);
  return {
    ...body,
    ownerGrant,
    ...listed("sealedKeys", sealedKeys),
    ...listed("removeProviders", removeProviders),
  };
}

function refuseUnrequested({ requestedProviders }: LinkSession, { providers }: ApprovalChoice): void {
  const areRequested = providers.every((provider) => requestedProviders.includes(provider));
  if (providers.length === 0 || !areRequested) throw new VaultError("not_requested");
}

function limitsOf({ limits }: UpdateChoice): Pick<Terms, "limits"> {
  return limits === undefined ? {} : { limits };
}

function changesOf(choice: UpdateChoice): Partial<Terms> {
  const { budgetCents } = choice;
  return { ...(budgetCents !== undefined && { budgetCents }), ...limitsOf(choice) };
}

function listed<Name extends string, Item>(name: Name, items: Item[]): Partial<Record<Name, Item[]>> {
  return items.length === 0 ? {} : ({ [name]: items } as Record<Name, Item[]>);
}
