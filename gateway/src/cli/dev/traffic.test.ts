import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { startTraffic } from "./traffic.js";

/** What ioredis asks first, and what a server says to it. */
const GREETINGS: Readonly<Record<string, string>> = {
  hello: "%1\r\n+server\r\n+redis\r\n",
  client: "+OK\r\n",
  info: "$9\r\nloading:0\r\n",
};

it("ends though the server takes commands and answers none", async () => {
  const sockets: Socket[] = [];
  const server = createServer();
  const asked = new Promise<void>((resolve) => {
    server.on("connection", (socket) => {
      sockets.push(socket);
      socket.on("data", (data) => {
        const greetings = String(data).match(/\b(?:hello|client|info)\b/gi) ?? [];
        for (const name of greetings) socket.write(GREETINGS[name.toLowerCase()] ?? "");
        if (greetings.length === 0) resolve();
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const stop = startTraffic(
    { port, url: "", ended: Promise.resolve(""), end: async () => {} },
    log,
  );
  await asked;
  await expect(stop()).resolves.toBeUndefined();
  for (const socket of sockets) socket.destroy();
  server.close();
}, 8_000);
