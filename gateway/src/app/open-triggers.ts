import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Clock, type Interest, slotOf } from "@keywire/shared";
import type { Config } from "../config.js";
import type { CommandConnections, Keyspace, Notification } from "../keyspace/index.js";
import type { RedisTarget } from "../keyspace/target.js";
import type { LeaseGroup } from "../lease/index.js";
import type { Log, Metrics } from "../observe/index.js";
import {
  type Commands,
  type DirectAccess,
  type EngineReport,
  type Feeding,
  LibraryError,
  openLibrary,
  RedisLibraryStore,
  Triggers,
} from "../triggers/index.js";
import type { Leases } from "./leases.js";
import { withLine } from "./library-desk.js";
import { sandboxReport, triggersReport } from "./reports.js";

/** The built program of sandboxes stands beside the built program, in whichever of its files this ends up. */
const SANDBOX = new URL("./sandbox.js", import.meta.url);
/** ms that what is held of the leases counts as known: it is asked for each record of a stream. */
const TENURE_KNOWN = 50;

export interface TriggersSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly target: RedisTarget;
  readonly connections: CommandConnections;
  readonly keyspace: Keyspace;
  readonly leases: Leases;
  readonly commands: Commands;
  readonly direct: DirectAccess;
  /** Of this life of the gateway, and no other's. */
  readonly gatewayId: string;
}

/** Trigger libraries, fed by leases that are shared with the other gateways. */
export function openTriggers(config: Config, around: TriggersSurroundings): Triggers {
  const {
    target,
    connections,
    keyspace,
    leases,
    clock,
    log,
    metrics,
    commands,
    direct,
    gatewayId,
  } = around;
  const [connection, subscriber] = [connections.open(), connections.open()];
  for (const redis of [connection, subscriber]) {
    redis.on("error", (error) => log.debug("a connection for libraries failed", { error }));
  }
  const feeding = new LeasedFeeding({
    clock,
    tellMisses: () =>
      keyspace.alsoTell("keymiss").catch((error: unknown) => {
        log.warn("triggers are not told of reads of keys that are not there", { error });
      }),
  });
  const report: (report: EngineReport) => void = sandboxReport(log, metrics);
  const triggers = new Triggers(
    {
      store: new RedisLibraryStore(connection, subscriber),
      open: (source, options) =>
        openLibrary(source, options, { commands, direct, program: SANDBOX, report }),
      commands,
      feeding,
      clock,
      monotonic: () => performance.now(),
      gateway: gatewayId,
      newId: () => randomBytes(6).toString("base64url"),
      user: target.username ?? "default",
      report: triggersReport(log, metrics),
    },
    { queue: config.triggerQueue },
  );
  feeding.group = leases.open("triggers", triggers.worker);
  return triggers;
}

interface FeedingPorts {
  readonly clock: Clock;
  /** Has Redis tell of reads of keys that are not there, where it does. */
  readonly tellMisses: () => Promise<void>;
}

/** What triggers are fed: the events of the parts whose leases this gateway holds. */
class LeasedFeeding implements Feeding {
  readonly #ports: FeedingPorts;
  group: LeaseGroup<Notification> | undefined;
  #parts: ReadonlySet<number> = new Set();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(ports: FeedingPorts) {
    this.#ports = ports;
  }

  async setInterests(interests: readonly Interest[], wantsMisses: boolean): Promise<void> {
    const { group } = this;
    if (wantsMisses) await this.#ports.tellMisses();
    // Where no library waits for anything, no lease is worth keeping.
    if (group === undefined || (interests.length === 0 && group.status().state === "idle")) return;
    await group.setInterests(interests);
  }

  holds(key: Uint8Array): boolean {
    return this.#held().has(slotOf(key) >> 8);
  }

  tenure(): string {
    return [...this.#held()].join(",");
  }

  #held(): ReadonlySet<number> {
    const now = this.#ports.clock.now();
    if (Math.abs(now - this.#askedAt) < TENURE_KNOWN) return this.#parts;
    const status = this.group?.status();
    this.#parts = new Set(status?.state === "sharing" ? status.parts : []);
    this.#askedAt = now;
    return this.#parts;
  }
}

/** A configured file cannot be read, or is no library. */
export class FileFault extends Error {
  override readonly name = "FileFault";
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof LibraryError ? withLine(message, error.line) : message;
}

/**
 * Loads the configured files; one that is loaded already takes its library's place where it differs.
 *
 * @throws FileFault naming one that cannot be read or is no library
 */
export async function loadFiles(triggers: Triggers, files: readonly string[]): Promise<void> {
  for (const file of files) {
    try {
      await triggers.provide(await readFile(file, "utf8"));
    } catch (cause) {
      throw new FileFault(`the library in ${file} cannot be loaded: ${reasonOf(cause)}`, { cause });
    }
  }
}
