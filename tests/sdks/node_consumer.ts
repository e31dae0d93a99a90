// A program of somebody who installed the package, compiled as an ES module and as CommonJS; what must not compile is said so.
import {
  ApiError,
  BudgetError,
  ConnectionEndedError,
  OneRelayClient,
  OneRelayError,
  webhooks,
  type ChatCompletion,
  type ChatStream,
  type Embeddings,
  type WebhookEvent,
} from "@1relay/node-sdk";

type Equal<Left, Right> =
  (<Value>() => Value extends Left ? 1 : 2) extends <Value>() => Value extends Right ? 1 : 2 ? true : false;
function is<Left, Right>(_equal: Equal<Left, Right>): void {}

const client = new OneRelayClient({ clientId: "", clientSecret: "", baseUrl: "", maxRetries: 0 });
// @ts-expect-error: where the relay is has to be said
new OneRelayClient({ clientId: "", clientSecret: "" });
// @ts-expect-error: a misspelt option
new OneRelayClient({ clientId: "", clientSecret: "", baseUrl: "", retries: 1 });

const call = { accessToken: "", provider: "openai", model: "m", messages: [{ role: "user", content: "Hi" }] };
is<ReturnType<typeof whole>, Promise<ChatCompletion>>(true);
is<ReturnType<typeof streamed>, Promise<ChatStream>>(true);
is<ReturnType<typeof either>, Promise<ChatCompletion | ChatStream>>(true);
function whole() {
  return client.chatCompletion(call);
}
function streamed() {
  return client.chatCompletion({ ...call, stream: true, temperature: 0.5 }, { timeoutMs: 1 });
}
function either(stream: boolean) {
  return client.chatCompletion({ ...call, stream });
}
// @ts-expect-error: without an access token
void client.chatCompletion({ provider: "openai", model: "m", messages: [] });
// @ts-expect-error: asked for without suggesting providers
void client.createLinkSession({ budgetSuggestionCents: 1 });
// @ts-expect-error: passthrough is on behalf of somebody
client.passthrough("openai");
// @ts-expect-error: no outcome of the sandbox
void client.sandbox.link({ outcome: "sings" });
// @ts-expect-error: no webhook of ours
void client.sandbox.fire({ connectionId: "", type: "key.lost" });
is<Embeddings["data"][number]["embedding"], number[]>(true);
// @ts-expect-error: vectors are numbers here
void client.embeddings({ ...call, input: "Hi", encoding_format: "base64" });

function told(error: unknown): string | null {
  if (error instanceof ConnectionEndedError) is<typeof error.code, string>(true);
  if (error instanceof ApiError) return error.requestId;
  // @ts-expect-error: what was never answered has no status
  if (error instanceof OneRelayError) return error.status;
  return null;
}
is<BudgetError extends ApiError ? true : false, true>(true);

function heard(event: WebhookEvent): string {
  switch (event.type) {
    case "budget.exhausted":
      is<typeof event.data.percent, 100>(true);
      return event.data.period.end;
    case "connection.revoked":
      // @ts-expect-error: of another event
      return event.data.percent;
    default:
      return event.timestamp;
  }
}
void [told, heard, streamed, whole, either, webhooks.verify("", {}, ["whsec_"])];
