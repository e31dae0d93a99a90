// Starts the demo chat: reads the settings, serves until SIGTERM or Ctrl-C.
import { createServer } from "node:http";
import { join } from "node:path";

import { OneRelayClient } from "@1relay/node-sdk";

import { createApp } from "./app.mjs";
import { openVisitors } from "./visitors.mjs";

function setting(name, fallback) {
  const value = process.env[name] || fallback;
  if (value) return value;
  console.error(`${name} is missing; README.md lists the settings.`);
  process.exit(1);
}

const relayUrl = new URL(setting("RELAY_URL", "http://localhost:8000")).origin;
const relay = new OneRelayClient({
  clientId: setting("ONERELAY_CLIENT_ID"),
  clientSecret: setting("ONERELAY_CLIENT_SECRET"),
  baseUrl: relayUrl,
});
const visitors = await openVisitors(setting("DEMO_DATA_DIR", join(import.meta.dirname, "data")));
const server = createServer(createApp({ relay, relayUrl, visitors }));

server.listen(Number(setting("DEMO_PORT", "8001")), setting("DEMO_HOST", "127.0.0.1"), () => {
  const { address, port } = server.address();
  console.log(`Demo chat: http://${address}:${port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
