// The page: connect with Link, ask, read the answer as it comes.
/* global FormData, TextDecoderStream */
import { OneRelay } from "/link-sdk/index.js";

const [connect, ask, answer, problem] = ["connect", "ask", "answer", "problem"].map((id) =>
  document.getElementById(id),
);
let relayUrl;

/** Calls this app's own server; throws `{code, message}` of a refusal. */
async function call(path, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(path, body && { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw await response.json();
  return response;
}

async function refresh() {
  const state = await (await call("/api/state")).json();
  relayUrl = state.relayUrl;
  connect.hidden = state.connected;
  ask.hidden = !state.connected;
}

function openLink() {
  OneRelay.create({
    token: async () => (await (await call("/api/1relay/session", {})).json()).linkToken,
    apiBaseUrl: relayUrl,
    onSuccess: ({ publicToken }) =>
      attempt(async () => {
        await call("/api/1relay/exchange", { publicToken });
        await refresh();
      }),
    onExit: (error) => {
      problem.textContent = error?.message ?? "";
    },
  }).open();
}

async function chat() {
  answer.textContent = "";
  const response = await call("/api/chat", { text: new FormData(ask).get("text") });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) answer.append(part.value);
}

/** Says what went wrong with `action`, and shows Connect again if the connection has ended. */
async function attempt(action) {
  problem.textContent = "";
  try {
    await action();
  } catch (error) {
    problem.textContent = error.message;
    await refresh().catch(() => {});
  }
}

connect.addEventListener("click", openLink);
ask.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(chat);
});
void attempt(refresh);
