// The page of the demo chat: connect, chat, disconnect.
/* global AbortController, TextDecoderStream */
import { OneRelay } from "/link-sdk.js";
import { addMessage, hideProblem, page, showBudget, showBusy, showProblem, showState } from "/view.js";

const history = [];
let state = { connection: null };
let answering = null;

/** Calls this app's own server. Throws `{code, message, …}` of a refusal. */
async function call(path, body, options = {}) {
  const request = body && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, { ...request, ...options });
  if (response.ok) return response;
  throw (await response.json()).error;
}

async function refresh(path = "/api/state", body = undefined) {
  state = await (await call(path, body)).json();
  showState(state);
}

async function connect() {
  const { linkToken, relayUrl } = await (await call("/api/1relay/link-session", {})).json();
  const link = OneRelay.create({
    token: linkToken,
    apiBaseUrl: relayUrl,
    onSuccess: ({ publicToken }) => attempt(() => refresh("/api/1relay/exchange", { publicToken })),
    onExit: (error) => {
      if (error) showProblem(error, relayUrl);
    },
  });
  link.open();
}

async function disconnect() {
  answering?.abort();
  await refresh("/api/1relay/disconnect", {});
}

async function send() {
  const content = page.text.value.trim();
  if (!content || answering) return;
  answering = new AbortController();
  showBusy(true);
  const question = addMessage("user", content);
  page.text.value = "";
  const answer = { text: "", bubble: addMessage("assistant", "") };
  try {
    await stream([...history, { role: "user", content }], answer, answering.signal);
  } finally {
    answering = null;
    showBusy(false);
    keep(content, question, answer);
    page.text.focus();
  }
}

/** What came before the person stopped it, or before an error, stays; without any answer the question goes back into its field. */
function keep(content, question, answer) {
  if (answer.text) {
    history.push({ role: "user", content }, { role: "assistant", content: answer.text });
    return;
  }
  question.remove();
  answer.bubble.remove();
  page.text.value = content;
}

async function stream(messages, answer, signal) {
  const [provider, ...model] = page.model.value.split("/");
  const response = await call("/api/chat", { provider, model: model.join("/"), messages }, { signal });
  for await (const line of linesOf(response)) {
    if (line.error) throw line.error;
    if (line.done) await showSpending(line.done);
    if (line.text) {
      answer.text += line.text;
      answer.bubble.append(line.text);
    }
  }
}

async function showSpending({ budgetRemainingMicros }) {
  if (budgetRemainingMicros === null) await refresh();
  else showBudget(budgetRemainingMicros, state.connection.budgetCents);
}

async function* linesOf(response) {
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

const ENDED = ["connection_revoked", "connection_expired", "invalid_token", "not_connected", "not_signed_in"];

/** Runs what a click started and shows what went wrong with it. */
async function attempt(action) {
  hideProblem();
  try {
    await action();
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (ENDED.includes(problem.code)) showState({ ...state, connection: null });
    showProblem(problem, state.relayUrl);
  }
}

page.connect.addEventListener("click", () => attempt(connect));
page.disconnect.addEventListener("click", () => attempt(disconnect));
page.stop.addEventListener("click", () => answering?.abort());
page.composer.addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(send);
});
page.text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  page.composer.requestSubmit();
});

void attempt(refresh);
