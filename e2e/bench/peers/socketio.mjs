import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

/**
 * Socket.IO with its Redis adapter, as one would build this with it: a room for each subscription.
 *
 *     node socketio.mjs <redis port>
 */

const options = { port: Number(process.argv[2]), host: "127.0.0.1" };
const KEYSPACE = "__keyspace@0__:";

const server = createServer();
const io = new Server(server, {
  adapter: createAdapter(new Redis(options), new Redis(options)),
  transports: ["websocket"],
});
const subscriber = new Redis(options);
/** @type {Set<string>} */
const known = new Set();

/**
 * @param {string} room
 * @param {string} channel
 * @param {string} event
 */
function tell(room, channel, event) {
  const message = { event, key: channel.slice(KEYSPACE.length), db: 0, time: Date.now() };
  io.to(room).emit("event", message);
}
subscriber.on("message", (channel, event) => tell(channel, channel, event));
subscriber.on("pmessage", (pattern, channel, event) => tell(pattern, channel, event));

io.on("connection", (socket) => {
  socket.on(
    "subscribe",
    async (/** @type {readonly import("../load/plans.mjs").Interest[]} */ interests) => {
      for (const { kind, name } of interests) {
        const channel = kind === "key" ? KEYSPACE + name : `${KEYSPACE}${name}*`;
        await socket.join(channel);
        if (known.has(channel)) continue;
        known.add(channel);
        await (kind === "key" ? subscriber.subscribe(channel) : subscriber.psubscribe(channel));
      }
      socket.emit("subscribed");
    },
  );
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: Reflect.get(Object(server.address()), "port") }));
});
