import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Redis } from "ioredis";
import { afterEach, expect, it, vi } from "vitest";
import { CommandConnections } from "./commands.js";
import { parseRedisUrl } from "./target.js";
import { Topology } from "./topology.js";

const undo: (() => void)[] = [];

afterEach(() => {
  for (const end of undo.splice(0).reverse()) end();
  vi.useRealTimers();
});

/** A server that answers every command alike, once it is let. */
async function startServer(answer = "+OK") {
  const sockets = new Set<Socket>();
  let held: (() => void)[] | undefined;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      const commands = chunk.toString("latin1").split(/^\*/m).slice(1);
      const reply = () => {
        // What a connection begins with is taken by all servers.
        for (const command of commands) {
          socket.write(/\r\n(hello|client)\r\n/i.test(command) ? "+OK\r\n" : `${answer}\r\n`);
        }
      };
      if (held === undefined) reply();
      else held.push(reply);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    sockets,
    topology: Topology.single("127.0.0.1", port),
    hold: () => {
      held = [];
    },
    isHolding: () => (held?.length ?? 0) > 0,
    release: () => {
      const replies = held ?? [];
      held = undefined;
      for (const reply of replies) reply();
    },
  };
}

function open(connections: CommandConnections): Redis {
  const redis = connections.open() as Redis;
  redis.on("error", () => {});
  undo.push(() => redis.disconnect());
  return redis;
}

const SENTINELS = parseRedisUrl("redis+sentinel://127.0.0.1:1/keywire");

it("fails commands in the end while nobody can tell who the primary is, and says why", async () => {
  vi.useFakeTimers();
  const connections = new CommandConnections(SENTINELS, async () => {
    throw new Error("nobody knows");
  });
  const redis = open(connections);
  const told = vi.fn();
  redis.on("error", ({ message }: Error) => told(message));
  const failed = vi.fn();
  redis.get("a").catch(failed);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(failed).toHaveBeenCalledOnce();
  expect(told).toHaveBeenCalledWith("nobody knows");
  expect(redis.status).not.toBe("end");
});

it("forgets a connection that is given up while it waits to connect again", async () => {
  const look = vi.fn(async () => Topology.single("127.0.0.1", 1));
  const connections = new CommandConnections(SENTINELS, look);
  const redis = open(connections);
  redis.get("a").catch(() => {});
  await new Promise((resolve) => redis.once("reconnecting", resolve));
  redis.disconnect();
  look.mockClear();
  connections.refresh();
  expect(look).not.toHaveBeenCalled();
});

it("takes one over that is in the middle of connecting to the former primary", async () => {
  const [former, next] = [await startServer(), await startServer()];
  let primary = former.topology;
  const look = vi.fn(async () => primary);
  const connections = new CommandConnections(SENTINELS, look);
  former.hold();
  const redis = open(connections);
  redis.subscribe("a").catch(() => {});
  await vi.waitFor(() => expect(former.isHolding()).toBe(true));
  primary = next.topology;
  connections.refresh();
  await vi.waitFor(() => expect(look).toHaveBeenCalledTimes(2));
  former.release();
  await vi.waitFor(() => expect(next.sockets.size).toBe(1), 5_000);
  await vi.waitFor(() => expect(former.sockets.size).toBe(0), 5_000);
});

it("takes one over even if it could not be told at once where to", async () => {
  const [former, next] = [await startServer(), await startServer()];
  let look = async () => former.topology;
  const connections = new CommandConnections(SENTINELS, () => look());
  await open(connections).connect();
  look = async () => {
    look = async () => next.topology;
    throw new Error("nobody knows yet");
  };
  connections.refresh();
  await vi.waitFor(() => expect(next.sockets.size).toBe(1), 5_000);
  await vi.waitFor(() => expect(former.sockets.size).toBe(0), 5_000);
});

it.each([
  "-READONLY You can't write against a read only replica.",
  // A script's, before Redis 7.
  "-ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica. ",
])("asks who the primary is where one answers %s", async (answer) => {
  const warned = vi.fn();
  process.on("warning", warned);
  undo.push(() => process.off("warning", warned));
  const [former, next] = [await startServer(answer), await startServer()];
  let primary = former.topology;
  const redis = open(new CommandConnections(SENTINELS, async () => primary));
  await redis.connect();
  primary = next.topology;
  const writes = Array.from({ length: 20 }, () => redis.eval("", 0).catch(() => {}));
  await Promise.all(writes);
  await vi.waitFor(() => expect(next.sockets.size).toBe(1), 5_000);
  expect(await redis.set("a", "1")).toBe("OK");
  expect(warned).not.toHaveBeenCalled();
});
