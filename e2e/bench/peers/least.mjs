import { writeSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { WebSocketServer } from "ws";

/**
 * The least that Node can do for an event of one client alone: a map from channels to descriptors, no
 * library between Redis and it, and no stream before the client. It bounds nothing, keeps nothing, and
 * gives up a client that does not keep up: nobody's server, but what others can be measured by.
 *
 *     node least.mjs <redis port>
 */

const [, , redisPort] = process.argv;
const KEYSPACE = "__keyspace@0__:";
const CR = 0x0d;
const COLON = 0x3a;
const ZERO = 0x30;
/** All that is told on a subscriber's connection here: `*3`, then three items. */
const ITEMS = 3;

/** @typedef {{ readonly socket: import("node:net").Socket, readonly descriptor: number }} Listener */

/** @type {Map<string, Listener>} */
const listeners = new Map();
/** @type {((channel: string) => void)[]} */
const awaited = [];
const frame = Buffer.allocUnsafeSlow(1_024);
const redis = connect({ port: Number(redisPort), host: "127.0.0.1", noDelay: true });
let rest = Buffer.alloc(0);

redis.on("data", (chunk) => {
  const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  let at = 0;
  for (let end = read(data, at); end > 0; end = read(data, at)) at = end;
  rest = data.subarray(at);
});

const starts = [0, 0, 0];
const ends = [0, 0, 0];

/**
 * Reads what stands at `at`, and tells it.
 *
 * @param {Buffer} data
 * @param {number} at
 * @returns {number} where it ends; 0 where it has not come as a whole
 */
function read(data, at) {
  let next = at + "*3\r\n".length;
  for (let item = 0; item < ITEMS; item++) {
    const isNumber = data[next] === COLON;
    let number = 0;
    for (next += 1; next < data.length && data[next] !== CR; next++) {
      number = number * 10 + Number(data[next]) - ZERO;
    }
    starts[item] = next + 2;
    ends[item] = next + 2 + (isNumber ? 0 : number);
    next = isNumber ? next + 2 : next + 2 + number + 2;
    if (next > data.length) return 0;
  }
  const channel = data.toString("latin1", starts[1], ends[1]);
  const isMessage = Number(ends[0]) - Number(starts[0]) === "message".length;
  if (isMessage) tell(channel, data.toString("latin1", starts[2], ends[2]));
  else awaited.shift()?.(channel);
  return next;
}

/**
 * @param {string} channel
 * @param {string} event
 */
function tell(channel, event) {
  const listener = listeners.get(channel);
  if (listener === undefined) return;
  const key = channel.slice(KEYSPACE.length);
  // Of the plan's keys: ASCII, and short enough for a length of one byte.
  const text = `{"event":"${event}","key":"${key}","db":0,"time":${Date.now()}}`;
  frame[0] = 0x81;
  frame[1] = text.length;
  frame.write(text, 2, "latin1");
  const { socket, descriptor } = listener;
  if (socket.destroyed) return;
  const length = 2 + text.length;
  try {
    if (writeSync(descriptor, frame, 0, length) < length) socket.destroy();
  } catch {
    socket.destroy();
  }
}

/**
 * @param {import("ws").WebSocket} client
 * @param {readonly import("../load/plans.mjs").Interest[]} interests
 */
async function subscribe(client, interests) {
  /** @type {import("node:net").Socket} */
  const socket = Reflect.get(client, "_socket");
  const descriptor = Number(Reflect.get(Reflect.get(socket, "_handle"), "fd"));
  const channels = interests.map(({ name }) => KEYSPACE + name);
  for (const channel of channels) listeners.set(channel, { socket, descriptor });
  redis.write(`SUBSCRIBE ${channels.join(" ")}\r\n`);
  await Promise.all(channels.map(() => new Promise((resolve) => awaited.push(resolve))));
  client.send('{"type":"subscribed"}');
}

const server = createServer();
const clients = new WebSocketServer({ server, perMessageDeflate: false });
clients.on("connection", (client) => {
  client.on("error", () => client.terminate());
  client.on("message", (data) => void subscribe(client, JSON.parse(String(data)).subscribe));
  client.on("close", () => {
    for (const [channel, { socket }] of listeners) if (socket.destroyed) listeners.delete(channel);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: Reflect.get(Object(server.address()), "port") }));
});
