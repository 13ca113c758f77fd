import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@keywire/shared";
import { WebSocket } from "ws";
import { FakeTransport } from "../../session/testing/fake-transport.js";
import { Heartbeat } from "../heartbeat.js";
import type { Client, Messages, Single, Transport } from "../ports.js";
import { OriginPolicy } from "../request.js";
import { SseTransport } from "../sse.js";
import { WebSocketDoor } from "../websocket-server.js";

/** ms; a client that reads nothing is cut off after two seconds. */
const DEADLINE = 20_000;

/** A transport, the session behind it, and the client at its other end. */
export interface Carrier {
  readonly transport: Transport;
  readonly client: CountingClient;
  readonly peer: Peer;
  end(): void;
}

/** The client, as far as a transport matters to it. */
export interface Peer {
  /** The texts of all messages, when there are so many. */
  received(count: number): Promise<string[]>;
  /** Reads nothing from now on. */
  pause(): void;
  resume(): void;
  /** Goes away without a word. */
  leave(): void;
  /** Resolves when it knows that the connection was ended. */
  ended(): Promise<void>;
}

/** A session that counts what its transport tells it. */
export class CountingClient implements Client {
  drains = 0;
  ends = 0;

  async authenticate(): Promise<void> {}
  receive(): void {}
  close(): void {}

  drained(): void {
    this.drains += 1;
  }

  disconnected(): void {
    this.ends += 1;
  }

  until(condition: () => boolean): Promise<void> {
    return until(condition);
  }
}

export function event(text: string): Single {
  const message = JSON.stringify({ type: "event", text });
  return { type: "event", text: message, bytes: Buffer.byteLength(message) };
}

/** Messages as a channel hands them to all its members. */
export function shared(...texts: readonly string[]): Messages {
  const entries = texts.map((text, index) => ({ ...event(text), offset: index + 1 }));
  const text = entries.map((entry) => entry.text).join("\n");
  const messages: Messages = {
    channel: "key:k",
    epoch: "e",
    entries,
    text,
    bytes: Buffer.byteLength(text),
    isShared: true,
    encoded: (encoder) => encoder.encode(messages),
  };
  return messages;
}

export const carriers: Readonly<Record<string, () => Promise<Carrier>>> = {
  WebSocket: openWebSocket,
  SSE: openStream,
  "the fake": openFake,
};

/** A gateway's door with one session for all who come in, whose transports `met` is told of. */
export async function openDoor(client: Client, met: (transport: Transport) => void) {
  const door = new WebSocketDoor({
    clock: systemClock,
    door: {
      open: (opened) => {
        met(opened);
        return client;
      },
    },
    origins: new OriginPolicy(undefined),
    heartbeat: { interval: 60_000, timeout: 60_000 },
    maxMessage: 65_536,
    addressOf: () => "127.0.0.1",
    atEndOfTurn: (task) => void setImmediate(task),
    refused: () => {},
  });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => door.upgrade(request, socket, head));
  const port = await listen(server);
  const close = () => {
    door.stop();
    server.close();
  };
  return { port, close };
}

async function openWebSocket(): Promise<Carrier> {
  const client = new CountingClient();
  let transport: Transport | undefined;
  const { port, close } = await openDoor(client, (opened) => {
    transport = opened;
  });
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const texts: string[] = [];
  socket.on("message", (data) => texts.push(...textsOf(String(data))));
  socket.on("error", () => {});
  await once(socket, "open");
  await until(() => transport !== undefined);
  return {
    transport: transport as unknown as Transport,
    client,
    peer: {
      received: (count) => atLeast(texts, count),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      leave: () => socket.terminate(),
      ended: () => until(() => socket.readyState === WebSocket.CLOSED),
    },
    end: () => {
      socket.terminate();
      close();
    },
  };
}

async function openStream(): Promise<Carrier> {
  const client = new CountingClient();
  const heartbeat = new Heartbeat<SseTransport>(systemClock, {
    interval: 60_000,
    timeout: undefined,
  });
  let transport: SseTransport | undefined;
  const server = createServer((_, response) => {
    transport = new SseTransport(response, {}, { clock: systemClock, heartbeat, random: () => 0 });
    void transport.attach(client, 0);
    // A stream begins with what answers the request.
    transport.send([{ ...event(""), type: "welcome" }]);
  });
  const request = get(`http://127.0.0.1:${await listen(server)}`);
  request.on("error", () => {});
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const texts: string[] = [];
  let rest = "";
  let isOver = false;
  response.setEncoding("utf8").on("data", (chunk: string) => {
    const events = (rest + chunk).split("\n\n");
    rest = events.pop() ?? "";
    const data = events.flatMap((one) => /^data: ?(.*)$/m.exec(one)?.[1] ?? []);
    texts.push(...data.flatMap(textsOf));
  });
  response.on("error", () => {});
  response.on("close", () => {
    isOver = true;
  });
  await until(() => texts.length === 1);
  texts.splice(0);
  return {
    transport: transport as unknown as Transport,
    client,
    peer: {
      received: (count) => atLeast(texts, count),
      pause: () => void response.pause(),
      resume: () => void response.resume(),
      leave: () => void response.destroy(),
      ended: () => until(() => isOver),
    },
    end: () => {
      request.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function openFake(): Promise<Carrier> {
  const client = new CountingClient();
  const transport = new FakeTransport();
  transport.drained = () => client.drained();
  const carried: Transport = {
    kind: transport.kind,
    send: (items) => transport.send(items as Parameters<FakeTransport["send"]>[0]),
    get buffered() {
      return transport.buffered;
    },
    close: (code, reason) => {
      transport.close(code, reason);
      // As the session's tests do it.
      client.disconnected();
    },
  };
  return {
    transport: carried,
    client,
    peer: {
      received: (count) => atLeast(transport.texts.flatMap(textsOf), count),
      pause: () => {
        transport.capacity = 1;
      },
      resume: () => {
        transport.capacity = Number.POSITIVE_INFINITY;
        transport.take();
      },
      leave: () => client.disconnected(),
      ended: () => until(() => transport.ended !== undefined),
    },
    end: () => {},
  };
}

function textsOf(lines: string): string[] {
  return lines.split("\n").map((line) => (JSON.parse(line) as { text: string }).text);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function atLeast(texts: string[], count: number): Promise<string[]> {
  await until(() => texts.length >= count);
  return [...texts];
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited for ${DEADLINE} ms in vain: ${condition}`);
    await pause(5);
  }
}
