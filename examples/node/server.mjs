// A server with one route, POST /ask, that answers on the AI key of whoever is connected. Plain Node and @1relay/node-sdk.
import { createServer } from "node:http";
import { OneRelayClient, OneRelayError } from "@1relay/node-sdk";

const client = new OneRelayClient({
  baseUrl: process.env.RELAY_URL ?? "http://localhost:8000",
  clientId: process.env.ONERELAY_CLIENT_ID,
  clientSecret: process.env.ONERELAY_CLIENT_SECRET,
});

// A public token without a browser: with Link, your page gets it and sends it to you. One connection for everybody: a real app keeps one
// for each visitor.
const { publicToken } = await client.sandbox.link();
const { accessToken } = await client.exchangePublicToken(publicToken);

const server = createServer(async (request, response) => {
  const reply = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.method !== "POST" || request.url !== "/ask") return reply(404, { message: "POST /ask" });
  let content = "";
  for await (const part of request.setEncoding("utf8")) content += part;
  try {
    const messages = [{ role: "user", content }];
    const answer = await client.chatCompletion({
      accessToken,
      provider: "sandbox",
      model: "sandbox-small",
      messages,
    });
    reply(200, { text: answer.choices[0].message.content, costMicros: answer.relay.costMicros });
  } catch (error) {
    if (!(error instanceof OneRelayError)) throw error;
    reply(502, { code: error.code, message: error.message });
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/ask`);
});
