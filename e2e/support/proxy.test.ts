import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type FaultProxy, startProxy } from "./proxy.js";
import { hold, releaseAll } from "./resources.js";
import { waitFor } from "./wait.js";

let proxy: FaultProxy;
let targetSockets: Set<Socket>;

beforeEach(async () => {
  targetSockets = new Set();
  const echo = createServer((socket) => {
    targetSockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => targetSockets.delete(socket));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  hold(async () => {
    const closed = new Promise((resolve) => echo.close(resolve));
    for (const socket of targetSockets) socket.destroy();
    await closed;
  });
  const address = echo.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  proxy = await startProxy(address.port);
});

afterEach(releaseAll);

interface Client {
  readonly socket: Socket;
  received(): string;
  ended: "no" | "end" | "reset";
}

async function dial(): Promise<Client> {
  const socket = connect(proxy.port, proxy.host);
  let text = "";
  const client: Client = { socket, received: () => text, ended: "no" };
  socket.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  socket.on("end", () => {
    client.ended = "end";
  });
  socket.on("error", () => {
    client.ended = "reset";
  });
  hold(() => {
    socket.destroy();
  });
  await waitFor(() => !socket.connecting, { what: "the proxy to accept or refuse" });
  return client;
}

async function says(client: Client, text: string): Promise<void> {
  await waitFor(() => client.received() === text, { what: `"${text}" from the server` });
}

it("forwards both ways, and the end too", async () => {
  const client = await dial();
  client.socket.write("a".repeat(300_000));
  await waitFor(() => client.received().length === 300_000, { what: "all bytes" });
  client.socket.end();
  await waitFor(() => client.ended === "end", { what: "the server's end" });
  await waitFor(() => proxy.connections === 0 && targetSockets.size === 0, { what: "no links" });
});

it("cuts what is there, serves what is new, unless it refuses", async () => {
  const client = await dial();
  client.socket.write("a");
  await says(client, "a");
  proxy.cut();
  await waitFor(() => client.ended === "reset", { what: "a reset" });
  const next = await dial();
  next.socket.write("b");
  await says(next, "b");
  proxy.refuse();
  const refused = await dial();
  await waitFor(() => next.ended === "reset" && refused.ended === "reset", { what: "resets" });
  proxy.resume();
  const last = await dial();
  last.socket.write("c");
  await says(last, "c");
});

it("stalls half-open: not even the other side's end comes through", async () => {
  const client = await dial();
  client.socket.write("a");
  await says(client, "a");
  proxy.stall();
  client.socket.write("b");
  for (const socket of targetSockets) socket.end("last words");
  const waiting = waitFor(() => client.received() !== "a" || client.ended !== "no", {
    what: "anything",
    deadline: 200,
  });
  await expect(waiting).rejects.toThrow("in vain");
  proxy.resume();
  await waitFor(() => client.ended === "end", { what: "the server's end" });
  expect(client.received()).toBe("alast words");
});

it("delays each chunk, in order", async () => {
  const client = await dial();
  proxy.delay(150);
  const sent = performance.now();
  client.socket.write("a");
  await says(client, "a");
  // Once on the way there, once on the way back; timers may be 1 ms early.
  expect(performance.now() - sent).toBeGreaterThanOrEqual(298);
});

it("lets bytes trickle", async () => {
  const client = await dial();
  client.socket.write("a");
  await says(client, "a");
  proxy.trickle(1);
  const sent = performance.now();
  client.socket.write("bcdefghijk");
  await says(client, "abcdefghijk");
  expect(performance.now() - sent).toBeGreaterThanOrEqual(90);
});
