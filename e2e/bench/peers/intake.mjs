import { createServer } from "node:http";
import { Redis } from "ioredis";
import { WebSocketServer } from "ws";

/**
 * ioredis alone, as it gives messages in bytes: what is left is its parser.
 *
 *     node intake.mjs <redis port>
 */

const subscriber = new Redis({ port: Number(process.argv[2]), host: "127.0.0.1", protocol: 2 });
let count = 0;
subscriber.on("pmessageBuffer", () => {
  count += 1;
});

const server = createServer();
new WebSocketServer({ server }).on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.once("message", async () => {
    await subscriber.psubscribe("__keyspace@0__:*");
    socket.send(JSON.stringify({ count }));
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ listening: Reflect.get(Object(server.address()), "port") }));
});
