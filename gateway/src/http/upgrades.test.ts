import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Unanswered } from "./unanswered.js";
import { Upgrades } from "./upgrades.js";

const unanswered = new Unanswered();
const server = createServer(async (request, response) => {
  unanswered.admit(request.socket, response);
  response.end(`${request.method} ${await text(request)};`);
});
new Upgrades(server, { path: "/v1/ws", take: (_, socket) => socket.end("taken") }, unanswered);

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => {
  server.close();
});

/** All that comes back to these parts, each of which is sent by itself. */
async function answerTo(...parts: readonly string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const answer = text(socket).catch(() => "nothing");
  for (const part of parts) await new Promise((sent) => socket.write(part, sent));
  return await answer;
}

const lines = (...head: readonly string[]) => `${head.join("\r\n")}\r\nHost: x\r\n\r\n`;
const H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAM"] as const;
const WEBSOCKET = ["Connection: Upgrade", "Upgrade: websocket"] as const;

it("what offers another protocol is answered as any other, its body included", async () => {
  const answer = await answerTo(lines("POST / HTTP/1.1", ...H2C, "Content-Length: 4"), "bo", "dy");
  expect(answer).toMatch(/^HTTP\/1.1 200 OK.*POST body;$/s);
});

it.each([
  ["another protocol", lines("GET / HTTP/1.1", ...H2C)],
  ["a WebSocket", lines("GET /v1/ws HTTP/1.1", ...WEBSOCKET)],
  ["a WebSocket elsewhere", lines("GET / HTTP/1.1", ...WEBSOCKET)],
])(
  "who offers %s before the answer to what came before ends its connection alone",
  async (_, offer) => {
    expect(await answerTo(lines("GET / HTTP/1.1") + offer)).not.toContain("taken");
    expect(await answerTo(lines("GET /v1/ws HTTP/1.1", ...WEBSOCKET))).toBe("taken");
  },
);
