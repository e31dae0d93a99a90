/** What a page's script is told of a provider. Source: relay/providers/for_pages.py, from spec/providers.json. */
export type KeyFacts = {
  id: string;
  name: string;
  /** Whether the facts that calls to it rest on are the provider's own word. */
  confirmed: boolean;
  /** Names of all facts that are not. */
  doubts: string[];
  keyPage: string | null;
  keyShapes: string[];
  refusedKeyShapes: { shape: string; why: string }[];
  guide: {
    steps: string[];
    permissions: string | null;
    spendLimit: string | null;
    looksLike: string | null;
  };
  check: { method: string; path: string; headers: Record<string, string>; listsModels: boolean };
  answers: { status: number; matches: string | null; outcome: AnswerMeaning }[];
  troubles: { status: number; contains: string | null; code: string }[];
  trial: { models: string[]; path: string; body: object } | null;
};

/** `no_list`: the key may not list models, which says nothing of whether it may use them. */
export type AnswerMeaning =
  | "no_list"
  | "no_scope"
  | "no_credit"
  | "admin_key"
  | "refused"
  | "refused_or_no_credit"
  | "account_blocked"
  | "address_blocked"
  | "region";

/** Every provider, from the `<script type="application/json" id>` that the template wrote with `json_script`. */
export function readKeyFacts(id = "key-facts"): KeyFacts[] {
  return JSON.parse(document.getElementById(id)?.textContent ?? "[]") as KeyFacts[];
}
