import { createServer } from "node:http";
import { Redis } from "ioredis";

/**
 * What one would write without triggers: an async program that handles one event at a time, with one
 * command each on one connection. Events come on another one, as Redis will have it.
 *
 *     node reactor.mjs <redis port> <prefix> <counter>
 */

const [, , port, prefix = "", counter = ""] = process.argv;
const address = { port: Number(port), host: "127.0.0.1" };
const redis = new Redis(address);
const subscriber = new Redis(address);
/** @type {string[]} */
const events = [];
let isBusy = false;

async function react() {
  if (isBusy) return;
  isBusy = true;
  for (let at = 0; at < events.length; at++) {
    if (events[at] === "set") await redis.incr(counter);
  }
  events.length = 0;
  isBusy = false;
}

subscriber.on("pmessage", (_pattern, _channel, event) => {
  events.push(event);
  void react();
});
await subscriber.psubscribe(`__keyspace@0__:${prefix}*`);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: Reflect.get(Object(server.address()), "port") }));
});
