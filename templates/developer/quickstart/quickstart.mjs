{% autoescape off %}// quickstart.mjs: a whole app in one file. Run it with: node quickstart.mjs
import { createServer } from "node:http";
import { OneRelayClient } from "@1relay/node-sdk";

const relay = new OneRelayClient({
  clientId: "{{ client_id }}",
  clientSecret: process.env.ONERELAY_CLIENT_SECRET,
  baseUrl: "{{ relay }}",
});
const clientUserId = "visitor-1"; // your own id of whoever is signed in

const routes = {
  // 1. The visitor pressed Connect: open a link session.
  "/link": () => relay.createLinkSession({ requestedProviders: ["sandbox"], budgetSuggestionCents: 500, clientUserId }),
  // 2. They approved: trade the public token, once. 3. Call a model on their key.
  "/exchange": async ({ publicToken }) => {
    const { accessToken } = await relay.exchangePublicToken({ publicToken, clientUserId });
    const messages = [{ role: "user", content: "Hello!" }];
    return relay.chatCompletion({ accessToken, provider: "sandbox", model: "sandbox-small", messages });
  },
};

const page = `<!doctype html><html lang="en"><title>Quick start</title><link rel="icon" href="data:,">
<button id="connect">Connect</button><pre id="answer"></pre>
<script src="{{ relay }}/static/dist/link.js"></script>
<script>
  const show = (value) => (document.getElementById("answer").textContent = JSON.stringify(value, null, 2));
  const post = async (path, body = {}) => (await fetch(path, { method: "POST", body: JSON.stringify(body) })).json();
  document.getElementById("connect").onclick = async () => {
    const { linkToken } = await post("/link");
    const onSuccess = async ({ publicToken }) => show(await post("/exchange", { publicToken }));
    OneRelay.create({ token: linkToken, apiBaseUrl: "{{ relay }}", onSuccess, onExit: show }).open();
  };
</script>`;

createServer(async (request, response) => {
  const route = request.method === "POST" && routes[request.url];
  if (!route) return response.setHeader("Content-Type", "text/html").end(page);
  try {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    response.end(JSON.stringify(await route(body)));
  } catch (error) {
    response.writeHead(502).end(JSON.stringify({ code: error.code, message: error.message }));
  }
}).listen({{ port }}, () => console.log("Open {{ origin }}"));
{% endautoescape %}
