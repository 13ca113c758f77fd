import { createServer } from "node:http";
import { Redis } from "ioredis";
import { WebSocketServer } from "ws";

/**
 * The least that can be done with `ws` and `ioredis`: no tokens, no bounds, no history, no word of what
 * was lost. `shared` builds one frame for all and writes it past `ws`; `naive` is what one writes first.
 *
 *     node floor.mjs shared|naive <redis port> [value]
 */

const [, , mode, redisPort, wants] = process.argv;
const KEYSPACE = "__keyspace@0__:";

/** @type {Map<string, Set<import("ws").WebSocket>>} */
const listeners = new Map();
const subscriber = new Redis({ port: Number(redisPort), host: "127.0.0.1" });
const reader = new Redis({ port: Number(redisPort), host: "127.0.0.1", lazyConnect: true });
const read = wants === "value" ? (/** @type {string} */ key) => reader.get(key) : undefined;

subscriber.on("message", (channel, event) => tell(listeners.get(channel), channel, event));
subscriber.on("pmessage", (pattern, channel, event) =>
  tell(listeners.get(pattern), channel, event),
);

/**
 * @param {Set<import("ws").WebSocket> | undefined} sockets
 * @param {string} channel
 * @param {string} event
 */
function tell(sockets, channel, event) {
  if (sockets === undefined) return;
  const key = channel.slice(KEYSPACE.length);
  const message = { event, key, db: 0, time: Date.now() };
  if (read === undefined) send(sockets, message);
  else void read(key).then((value) => send(sockets, { ...message, value }));
}

/**
 * @param {Set<import("ws").WebSocket>} sockets
 * @param {object} message
 */
function send(sockets, message) {
  if (mode === "naive") {
    for (const socket of sockets) socket.send(JSON.stringify(message));
    return;
  }
  const frame = textFrame(JSON.stringify(message));
  for (const socket of sockets) rawSocketOf(socket).write(frame);
}

/**
 * `ws` keeps it to itself; a floor takes what it can get.
 *
 * @param {import("ws").WebSocket} socket
 * @returns {import("node:net").Socket}
 */
function rawSocketOf(socket) {
  return Reflect.get(socket, "_socket");
}

/** @param {string} text */
function textFrame(text) {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) frame[1] = length;
  else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, header);
  return frame;
}

/**
 * @param {import("ws").WebSocket} socket
 * @param {readonly import("../load/plans.mjs").Interest[]} interests
 */
async function subscribe(socket, interests) {
  /** @type {Promise<unknown>[]} */
  const asked = [];
  for (const { kind, name } of interests) {
    const channel = kind === "key" ? KEYSPACE + name : `${KEYSPACE}${name}*`;
    const known = listeners.get(channel);
    if (known === undefined) {
      listeners.set(channel, new Set([socket]));
      asked.push(kind === "key" ? subscriber.subscribe(channel) : subscriber.psubscribe(channel));
    } else known.add(socket);
  }
  await Promise.all(asked);
  socket.send('{"type":"subscribed"}');
}

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => void subscribe(socket, JSON.parse(String(data)).subscribe));
  socket.on("close", () => {
    for (const set of listeners.values()) set.delete(socket);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: Reflect.get(Object(server.address()), "port") }));
});
