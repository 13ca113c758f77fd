import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { CloseCode, systemClock } from "@keywire/shared";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Heartbeat } from "./heartbeat.js";
import type { Transport } from "./ports.js";
import { SseTransport } from "./sse.js";
import { CountingClient, event, openDoor } from "./testing/carriers.js";

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A client that speaks WebSocket by hand, and may end its half of the connection alone. */
async function raw(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  ends.push(() => socket.destroy());
  const head = [
    "GET /v1/ws HTTP/1.1",
    "Host: gateway",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version: 13",
    "\r\n",
  ];
  socket.write(head.join("\r\n"));
  await once(socket, "data");
  return socket;
}

describe("a client that ends its half of the connection without a word", () => {
  it("and reads nothing is not waited for, and is gone as soon as its session is closed", async () => {
    let transport: Transport | undefined;
    const client = new CountingClient();
    const { port, close } = await openDoor(client, (opened) => {
      transport = opened;
    });
    ends.push(close);
    const socket = await raw(port);
    socket.pause();
    const large = event("x".repeat(65_536));
    const send = () => transport?.send([large]);
    await client.until(() => send() === false);
    socket.end();
    await client.until(() => send() === true);
    transport?.close(CloseCode.HeartbeatMissed, "nothing came back to a ping");
    await client.until(() => client.ends === 1);
  });
});

it("a stream that waits behind another one of its connection is gone when that is", async () => {
  const client = new CountingClient();
  const heartbeat = new Heartbeat<SseTransport>(systemClock, { interval: 9e6, timeout: undefined });
  let streams = 0;
  const server = createServer((_, response) => {
    const ports = { clock: systemClock, heartbeat, random: () => 0 };
    const transport = new SseTransport(response, {}, ports);
    void transport.attach(client, 0);
    transport.send([{ ...event(""), type: "welcome" }]);
    streams += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: gateway\r\n\r\n".repeat(3));
  await client.until(() => streams === 3);
  socket.destroy();
  await client.until(() => client.ends === 3);
});

it("what is sent to a client that was closed as it came in does not come behind its close", async () => {
  const { port, close } = await openDoor(new CountingClient(), (transport) => {
    transport.close(CloseCode.ServiceRestart, "not now");
    expect(transport.send([event("too late")])).toBe(true);
  });
  ends.push(close);
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  ends.push(() => socket.terminate());
  const texts: string[] = [];
  socket.on("message", (data) => texts.push(String(data)));
  const [code] = await once(socket, "close");
  expect([code, texts]).toEqual([CloseCode.ServiceRestart, []]);
});
