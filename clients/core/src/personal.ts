// Connections for the user's own tools, made whole on this device. Source: api.md, "Connections and usage".
import { newConnectionKey, PERSONAL, sealHeldKey, sealKey, sealOwnerGrant } from "./crypto/connectionKeys";
import { digestToken, mintId, mintToken } from "./crypto/tokens";
import type { Connection, Limits, SealedKey } from "./types";
import type { UnlockedVault } from "./vault";

export type PersonalInput = {
  name: string;
  budgetCents: number;
  limits?: Limits;
} & (
  | { /** Of the keys in the vault. */ providers: string[]; key?: never }
  /** One key that need not be in the vault, for at most ten minutes. */
  | { key: { provider: string; apiKey: string }; providers?: never }
);

/** A call that spec/providers.json names for checking a key. */
export type TrialCall = { method: string; path: string; headers?: Record<string, string>; body?: object };
export type TrialAnswer = {
  status: number;
  /** The relay's or the provider's error code, if there was one. */
  code: string | null;
  /** The relay itself refused, and the provider was not asked or did not answer. */
  isRelays: boolean;
  text: string;
};
export type KeyCheck = Pick<TrialAnswer, "status" | "code"> & { works: boolean };

const TRIAL_BUDGET_CENTS = 1;

export async function createPersonalConnection(vault: UnlockedVault, input: PersonalInput) {
  const isTrial = input.key !== undefined;
  const keys = isTrial
    ? new Map([[input.key.provider, input.key.apiKey]])
    : await vault.apiKeys(input.providers);
  const id = mintId("con");
  const accessToken = mintToken("1r_at_");
  const connectionKey = newConnectionKey();
  const sealing = [...keys].map(async ([provider, apiKey]): Promise<SealedKey> => ({
    provider,
    sealedKey: await sealKey(connectionKey, id, provider, apiKey),
  }));
  const body = {
    id,
    name: input.name,
    accessTokenHash: await digestToken(accessToken),
    heldKey: await sealHeldKey(accessToken, id, connectionKey),
    ownerGrant: await sealOwnerGrant(vault.key, id, {
      connectionKey,
      clientId: PERSONAL,
      providers: [...keys.keys()],
    }),
    sealedKeys: await Promise.all(sealing),
    budgetCents: input.budgetCents,
    ...(input.limits === undefined ? {} : { limits: input.limits }),
    ...(isTrial ? { trial: true } : {}),
  };
  const connection = await vault.api.post<Connection>("/v1/connections", body, { elevated: true });
  return { connection, accessToken };
}

/**
 * Makes calls with a key through a connection that lives for them alone, and is deleted whatever came of it.
 * The relay sees the key for these calls. An aborted `signal` throws its reason.
 */
export async function tryKey<T>(
  vault: UnlockedVault,
  key: { provider: string; apiKey: string },
  calls: (send: (call: TrialCall) => Promise<TrialAnswer>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const trial = { name: `Check of a ${key.provider} key`, budgetCents: TRIAL_BUDGET_CENTS, key };
  const { connection, accessToken } = await createPersonalConnection(vault, trial);
  try {
    return await calls((call) => {
      signal?.throwIfAborted();
      return send(vault, key.provider, accessToken, call, signal);
    });
  } finally {
    // Takes away only, so that a vault locked meanwhile does not keep it. If it can't be deleted now, it ends by itself within
    // ten minutes.
    await vault.api.delete(`/v1/connections/${connection.id}`).catch(() => undefined);
  }
}

/** One passthrough call with the key. */
export async function checkKey(
  vault: UnlockedVault,
  provider: string,
  apiKey: string,
  call: TrialCall,
): Promise<KeyCheck> {
  const { status, code } = await tryKey(vault, { provider, apiKey }, (send) => send(call));
  return { works: status >= 200 && status < 300, status, code };
}

async function send(
  vault: UnlockedVault,
  provider: string,
  accessToken: string,
  call: TrialCall,
  signal: AbortSignal | undefined,
): Promise<TrialAnswer> {
  const { method, headers, body } = call;
  const path = `/v1/proxy/passthrough/${provider}${call.path}`;
  const response = await vault.api.raw(path, method, accessToken, {
    ...(headers && { headers }),
    body,
    signal,
  });
  const ours = response.headers.get("X-1Relay-Error");
  const text = await response.text();
  return {
    status: response.status,
    code: ours ?? (response.ok ? null : codeIn(text)),
    isRelays: ours !== null,
    text,
  };
}

function codeIn(text: string): string | null {
  try {
    const answer = JSON.parse(text) as { error?: { code?: unknown } } | null;
    return typeof answer?.error?.code === "string" ? answer.error.code : null;
  } catch {
    return null;
  }
}
