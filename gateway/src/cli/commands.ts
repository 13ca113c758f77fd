import type { Command } from "./command.js";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loaded when it is used: `--help` need not wait for a gateway. */
  load(): Promise<Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "start",
    summary: "serve a Redis to browsers",
    load: async () => (await import("./start.js")).start,
  },
  {
    name: "dev",
    summary: "try it out: a private Redis, demo traffic, a dashboard that lets you in",
    load: async () => (await import("./dev.js")).dev,
  },
  {
    name: "token",
    summary: "make a token for a client",
    load: async () => (await import("./token.js")).token,
  },
  {
    name: "watch",
    summary: "print the events of channels as they happen",
    load: async () => (await import("./watch.js")).watch,
  },
  {
    name: "libraries",
    summary: "load, list, delete and call JavaScript libraries of triggers",
    load: async () => (await import("./libraries.js")).libraries,
  },
  {
    name: "amqp",
    summary: "show and change the AMQP forwarder: connection, masks, fallback",
    load: async () => (await import("./amqp.js")).amqp,
  },
  {
    name: "doctor",
    summary: "check a Redis, node by node: what is missing, and what mends it",
    load: async () => (await import("./doctor.js")).doctor,
  },
  {
    name: "config",
    summary: "show the configuration in force, and where it came from",
    load: async () => (await import("./config.js")).config,
  },
];
