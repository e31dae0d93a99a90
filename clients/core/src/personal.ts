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

/** The cheap call that spec/providers.json names for a provider (`check`). */
export type TrialCall = { method: string; path: string };
export type KeyCheck = {
  works: boolean;
  status: number;
  /** The relay's or the provider's error code, if there was one. */
  code: string | null;
};

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

/** One passthrough call with the key; the connection is deleted whatever came of it. */
export async function checkKey(
  vault: UnlockedVault,
  provider: string,
  apiKey: string,
  call: TrialCall,
): Promise<KeyCheck> {
  const key = { provider, apiKey };
  const trial = { name: `Check of a ${provider} key`, budgetCents: TRIAL_BUDGET_CENTS, key };
  const { connection, accessToken } = await createPersonalConnection(vault, trial);
  try {
    const response = await vault.api.raw(
      `/v1/proxy/passthrough/${provider}${call.path}`,
      call.method,
      accessToken,
    );
    return { works: response.ok, status: response.status, code: response.ok ? null : await codeOf(response) };
  } finally {
    await vault.api.delete(`/v1/connections/${connection.id}`, { elevated: true });
  }
}

async function codeOf(response: Response): Promise<string | null> {
  const marked = response.headers.get("X-1Relay-Error");
  if (marked !== null) return marked;
  const answer = (await response.json().catch(() => null)) as { error?: { code?: unknown } } | null;
  return typeof answer?.error?.code === "string" ? answer.error.code : null;
}
