import { fileURLToPath } from "node:url";
import { type Running, run, startGateway, waitFor } from "../../support/index.js";
import type { Contender, Server, ServerOptions } from "../contender.js";
import type { DialectName } from "../load/dialects.mjs";

export { nchan } from "./nchan.js";
export { webdis } from "./webdis.js";

/** Limits that a load generator on one machine would run into, and no benchmark is about. */
const NO_LIMITS = {
  KEYWIRE_MAX_SESSIONS: "100000",
  KEYWIRE_MAX_SESSIONS_PER_USER: "100000",
  KEYWIRE_MAX_SESSIONS_PER_ADDRESS: "100000",
  KEYWIRE_MAX_SUBSCRIPTIONS: "10000",
  KEYWIRE_MESSAGE_BURST: "100000",
  KEYWIRE_UPGRADE_RATE: "100000",
  KEYWIRE_DRAIN_TIMEOUT: "0",
};

export const keywire: Contender = {
  name: "keywire",
  async start({ redis, env, profile }: ServerOptions): Promise<Server> {
    const gateway = await startGateway({
      redis: redis.url,
      env: { ...NO_LIMITS, ...env },
      node: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
    });
    return {
      dialect: "keywire",
      port: Number(new URL(gateway.url).port),
      get pids() {
        return [gateway.pid];
      },
      // A profile is written by a process that ends by itself.
      stop: () => (profile === undefined ? gateway.kill() : gateway.stop()),
      restart: async () => {
        await gateway.kill();
        await gateway.restart();
      },
    };
  },
};

export const keywireSse: Contender = {
  name: "keywire over SSE",
  async start(options) {
    const server = await keywire.start(options);
    return Object.defineProperty(server, "dialect", { value: "keywire-sse" });
  },
};

export const floor = nodePeer("floor", "json", ({ redis, value }) => [
  "floor.mjs",
  "shared",
  String(redis.node.port),
  ...(value ? ["value"] : []),
]);

/** What is left where all is left out that can be; exact keys alone. */
export const least = nodePeer("least", "json", ({ redis }) => [
  "least.mjs",
  String(redis.node.port),
]);

export const naive = nodePeer("naive ws", "json", ({ redis, value }) => [
  "floor.mjs",
  "naive",
  String(redis.node.port),
  ...(value ? ["value"] : []),
]);

export const socketio = nodePeer("socket.io", "socketio", ({ redis }) => [
  "socketio.mjs",
  String(redis.node.port),
]);

/** What its parser alone can do. */
export const ioredis = nodePeer("ioredis alone", "json", ({ redis }) => [
  "intake.mjs",
  String(redis.node.port),
]);

/** A program that does for each event what a trigger does. */
export const reactor = nodePeer("reactor", "json", ({ redis }) => [
  "reactor.mjs",
  String(redis.node.port),
  "program:",
  "count:program",
]);

/** A server of this folder, in a process of its own. */
function nodePeer(
  name: string,
  dialect: DialectName,
  argumentsOf: (options: ServerOptions) => readonly string[],
): Contender {
  return {
    name,
    async start(options) {
      const [file = "", ...args] = argumentsOf(options);
      const program = fileURLToPath(new URL(file, import.meta.url));
      const command = { command: process.execPath, args: [program, ...args] };
      let peer = await run(command);
      let port = await portOf(peer, name);
      return {
        dialect,
        get port() {
          return port;
        },
        get pids() {
          return [peer.pid];
        },
        stop: () => peer.kill(),
        restart: async () => {
          await peer.kill();
          peer = await run(command);
          port = await portOf(peer, name);
        },
      };
    },
  };
}

async function portOf(peer: Running, name: string): Promise<number> {
  return waitFor(
    () => {
      if (!peer.running) throw new Error(`it ended: ${peer.output()}`);
      return Number(/"listening":(\d+)/.exec(peer.output())?.[1]);
    },
    { what: `${name} to listen`, deadline: 20_000 },
  );
}
