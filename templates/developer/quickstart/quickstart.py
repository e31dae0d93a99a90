{% autoescape off %}# quickstart.py: a whole app in one file. Run it with: python quickstart.py
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

RELAY = "{{ relay }}"
APP = ("{{ client_id }}", os.environ["ONERELAY_CLIENT_SECRET"])
VISITOR = "visitor-1"  # your own id of whoever is signed in


def ask(path, body, **credential):
    answer = requests.post(RELAY + path, json=body, timeout=60, **credential).json()
    if not answer["success"]:
        raise RuntimeError(answer["error"])
    return answer["data"]


def link(_):
    # 1. The visitor pressed Connect: open a link session.
    body = {"requestedProviders": ["sandbox"], "budgetSuggestionCents": 500, "clientUserId": VISITOR}
    return ask("/v1/link/sessions", body, auth=APP)


def exchange(given):
    # 2. They approved: trade the public token, once.
    connection = ask("/v1/link/exchange", {"publicToken": given["publicToken"], "clientUserId": VISITOR}, auth=APP)
    # 3. Call a model on their key.
    body = {"provider": "sandbox", "model": "sandbox-small", "messages": [{"role": "user", "content": "Hello!"}]}
    bearer = {"Authorization": "Bearer " + connection["accessToken"]}
    return ask("/v1/proxy/chat/completions", body, headers=bearer)


PAGE = """<!doctype html><html lang="en"><title>Quick start</title><link rel="icon" href="data:,">
<button id="connect">Connect</button><pre id="answer"></pre>
<script src="RELAY/static/dist/link.js"></script>
<script>
  const show = (value) => (document.getElementById("answer").textContent = JSON.stringify(value, null, 2));
  const post = async (path, body = {}) => (await fetch(path, { method: "POST", body: JSON.stringify(body) })).json();
  document.getElementById("connect").onclick = async () => {
    const { linkToken } = await post("/link");
    const onSuccess = async ({ publicToken }) => show(await post("/exchange", { publicToken }));
    OneRelay.create({ token: linkToken, apiBaseUrl: "RELAY", onSuccess, onExit: show }).open();
  };
</script>""".replace("RELAY", RELAY)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("text/html", PAGE)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer("application/json", json.dumps({"/link": link, "/exchange": exchange}[self.path](body)))

    def answer(self, kind, text):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())


server = ThreadingHTTPServer(("{{ host }}", {{ port }}), Handler)
print("Open {{ origin }}", flush=True)
server.serve_forever()
{% endautoescape %}
