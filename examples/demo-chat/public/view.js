// What is on the page: no requests here.
const element = (id) => document.getElementById(id);
export const page = Object.fromEntries(
  [
    "account",
    "budget",
    "budget-text",
    "chat",
    "composer",
    "connect",
    "disconnect",
    "empty",
    "messages",
    "model",
    "notice",
    "send",
    "stop",
    "text",
    "welcome",
  ].map((id) => [id, element(id)]),
);

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });

/** Shows the welcome, or the chat with its models and budget. */
export function showState({ relayUrl, connection, ended }) {
  page.welcome.hidden = Boolean(connection);
  page.chat.hidden = page.account.hidden = !connection;
  if (connection) {
    showModels(connection.models);
    showBudget(connection.remainingMicros, connection.budgetCents);
    if (connection.status === "paused") showProblem({ code: "connection_paused" }, relayUrl);
    else if (connection.needsAttention) showProblem({ code: "needs_attention" }, relayUrl);
  } else if (ended) {
    showProblem({ code: ended }, relayUrl);
  }
}

function showModels(models) {
  const chosen = page.model.value;
  page.model.replaceChildren(
    ...models.map(
      ({ provider, model }) => new window.Option(`${model} · ${provider}`, `${provider}/${model}`),
    ),
  );
  if (models.some(({ provider, model }) => `${provider}/${model}` === chosen)) page.model.value = chosen;
}

/** Money is shown to the cent, small rests more exactly, so that a cheap call still moves the number. */
export function showBudget(remainingMicros, budgetCents) {
  const remaining = Math.max(0, remainingMicros) / 1_000_000;
  const total = budgetCents / 100;
  page.budget.max = total;
  page.budget.low = total * 0.1;
  page.budget.value = remaining;
  const exact = `$${remaining.toFixed(remaining === Math.trunc(remaining) ? 2 : 4)}`;
  page["budget-text"].textContent = `${exact} of ${dollars.format(total)} left`;
}

const SENTENCES = {
  connection_revoked: () => "The connection was revoked. Connect again to go on.",
  connection_expired: () => "The connection has expired. Connect again to go on.",
  invalid_token: () => "The connection is gone. Connect again to go on.",
  not_connected: () => "Connect your AI key to go on.",
  not_signed_in: () => "Connect your AI key to go on.",
  connection_paused: () => "You have paused this app. Resume it in your 1Relay dashboard.",
  needs_attention: () => "Your provider refuses the key. Replace it in your 1Relay dashboard.",
  connection_unusable: () => "Your key can't be opened any more. Replace it in your 1Relay dashboard.",
  budget_exceeded: ({ resetsAt }) =>
    "The budget you set for this app is used up. Raise it in your 1Relay dashboard" +
    (resetsAt ? `, or wait until ${day.format(new Date(resetsAt))}.` : "."),
  provider_error: ({ message }) => `Your AI provider refused the call: ${message}`,
  rate_limited: () => "Too fast. Wait a moment and send it again.",
};
const IN_DASHBOARD = ["connection_paused", "needs_attention", "connection_unusable", "budget_exceeded"];

/** Says what went wrong and what helps. */
export function showProblem(problem, relayUrl) {
  const { code, message = "Something went wrong.", requestId } = problem;
  const sentence = SENTENCES[code]?.({ ...problem, message });
  page.notice.textContent = sentence ?? `${message}${requestId ? ` (request ${requestId})` : ""}`;
  page.notice.dataset.code = code;
  if (relayUrl && IN_DASHBOARD.includes(code)) page.notice.append(" ", dashboardLink(relayUrl));
  page.notice.hidden = false;
}

export function hideProblem() {
  page.notice.hidden = true;
}

function dashboardLink(relayUrl) {
  const link = document.createElement("a");
  link.href = `${relayUrl}/connections`;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = "Open the dashboard";
  return link;
}

/** Adds a message and returns what appends text to it or takes it away. */
export function addMessage(role, text) {
  const item = document.createElement("li");
  item.className = role;
  item.textContent = text;
  page.messages.append(item);
  page.empty.hidden = true;
  item.scrollIntoView({ block: "end" });
  return {
    append: (more) => {
      item.append(more);
      item.scrollIntoView({ block: "end" });
    },
    remove: () => item.remove(),
  };
}

/** While an answer streams, it can be stopped and nothing else can be sent. */
export function showBusy(busy) {
  page.send.hidden = busy;
  page.stop.hidden = !busy;
  page.messages.setAttribute("aria-busy", String(busy));
}
