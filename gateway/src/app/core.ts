import { randomBytes } from "node:crypto";
import {
  base64Encode,
  type Clock,
  type Interest,
  parseChannel,
  type SnapshotEntry,
  utf8Decode,
  WireError,
} from "@keywire/shared";
import {
  Authenticator,
  authorize,
  type Identity,
  RedisRevocationStore,
  Revocations,
} from "../auth/index.js";
import type { Config } from "../config.js";
import { Hub, type Snapshot } from "../hub/index.js";
import {
  CommandConnections,
  type Keyspace,
  openKeyspace,
  parseRedisUrl,
} from "../keyspace/index.js";
import type { Log, Metrics } from "../observe/index.js";
import { SessionRegistry } from "../session/registry.js";
import type { Triggers } from "../triggers/index.js";
import { Amqp } from "./amqp.js";
import { Delays } from "./delays.js";
import { randomIds } from "./ids.js";
import { Leases } from "./leases.js";
import { NowAndThen } from "./now-and-then.js";
import { openCommander } from "./open-commander.js";
import { openTriggers } from "./open-triggers.js";
import { type OpenValues, openValues } from "./open-values.js";
import { hubReport, leaseReport, reportKeyspace, sessionReport } from "./reports.js";
import { Turn } from "./turn.js";
import { ValueDesk } from "./value-desk.js";

/** Everything between Redis and the doors. */
export interface Core {
  readonly keyspace: Keyspace;
  readonly hub: Hub;
  readonly registry: SessionRegistry<Identity>;
  readonly revocations: Revocations;
  readonly reading: OpenValues;
  /** Shares work with the other gateways. */
  readonly leases: Leases;
  /** Undefined where no broker is configured. */
  readonly amqp: Amqp | undefined;
  readonly triggers: Triggers;
  /** Runs the task once, when the present turn of the event loop has been handed out. */
  readonly atEndOfTurn: (task: () => void) => void;
  /** @throws WireError `unauthorized` or `token_expired` */
  readonly authenticate: (token: string) => Promise<Identity>;
  /** One key's snapshot: `{"key","value","ttl"}`, its value null where it does not exist. */
  readonly value: (token: string, channel: string) => Promise<unknown>;
  /** The database that is meant where none is named. */
  readonly database: number;
  /** Ends it all, those last that others build on. */
  readonly close: () => Promise<void>;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** @throws Error where the configured Redis or key cannot be used */
export async function openCore(config: Config, around: Surroundings): Promise<Core> {
  const { clock, log, metrics } = around;
  if (config.redis === undefined) throw new Error("no Redis is configured");
  const target = parseRedisUrl(config.redis);
  const authenticator = new Authenticator(config, clock, (error) =>
    log.warn("the issuer's keys could not be fetched", { error }),
  );
  const reading = openValues(target, { clock, ...valueSettings(config) });
  const commander = openCommander(target, { clock });
  const connections = new CommandConnections(target, () => keyspace.discover());
  const keyspace = await openKeyspace({
    redis: target,
    notify: config.notifyEvents,
    patternBudget: config.patternBudget,
    clock,
    report: (report) => {
      reportKeyspace(report, log, metrics);
      if (report.event !== "topology") return;
      // Where keys are has changed, and so has where they are read and written.
      reading.refresh();
      commander.refresh();
      connections.refresh();
    },
  });
  const [commands, subscriber] = [connections.open(), connections.open()];
  for (const connection of [commands, subscriber]) {
    // Redis being away is told by the keyspace; here it would be told once more for each attempt.
    connection.on("error", (error) => log.debug("a connection for commands failed", { error }));
  }
  const troubles = new NowAndThen(() => clock.now());
  const revocations = new Revocations(
    new RedisRevocationStore(commands, subscriber),
    clock,
    (error) =>
      troubles.tell(String(error), (fields) =>
        log.warn("revocations could not be read", { error, ...fields }),
      ),
  );
  const delays = new Delays(clock, (ms) => metrics.deliveryDelay.observe(ms));
  const turn = new Turn(setImmediate, () => delays.written());
  const life = randomBytes(4).toString("hex");
  const hub = new Hub(
    {
      source: keyspace,
      clock,
      endOfTurn: turn.handOut,
      life,
      report: hubReport(log, metrics, (since) => delays.handedOut(since), clock),
      values: new ValueDesk(reading),
    },
    config,
  );
  const sharing = {
    gatewayId: life,
    clock,
    report: (work: string) => leaseReport(work, log, metrics),
    failed: (error: Error) => log.debug("a connection for leases failed", { error }),
  };
  const leases = new Leases(keyspace, connections, sharing, config);
  const { amqpUrl } = config;
  const forwarding = { connections, leases, clock, log, gatewayId: life };
  const amqp = amqpUrl === undefined ? undefined : new Amqp(config, amqpUrl, forwarding);
  const triggers = openTriggers(config, {
    ...around,
    ...{
      target,
      connections,
      keyspace,
      leases,
      commands: commander,
      direct: commander.direct,
      gatewayId: life,
    },
  });
  const registry = new SessionRegistry<Identity>({
    clock,
    atEndOfTurn: turn.send,
    channels: hub,
    defaultDatabase: target.db,
    newId: randomIds(),
    random: Math.random,
    auth: {
      verify: (token) => authenticator.verify(token),
      authorize: ({ grants }, interest, options) => authorize(grants, interest, options, target.db),
      isRevoked: (identity) => revocations.isRevoked(identity),
    },
    limits: limitsOf(config),
    report: sessionReport(log, metrics),
  });
  revocations.onRevoked(() => registry.checkRevoked());

  async function authenticate(token: string): Promise<Identity> {
    const identity = await authenticator.verify(token);
    if (!revocations.isRevoked(identity)) return identity;
    throw new WireError("unauthorized", "the token was revoked; get a new one");
  }

  return {
    keyspace,
    hub,
    registry,
    revocations,
    reading,
    leases,
    amqp,
    triggers,
    atEndOfTurn: turn.send,
    authenticate,
    database: target.db,
    value: async (token, channel) => {
      const { grants } = await authenticate(token);
      const interest = parseChannel(channel, target.db);
      authorize(grants, interest, { value: true }, target.db);
      return keyEntry(interest, await reading.values.snapshot(interest, 1));
    },
    close: async () => {
      await hub.close();
      await leases.stop(0);
      await amqp?.close();
      await triggers.close();
      commander.close();
      await revocations.close();
      reading.close();
      await keyspace.close();
      commands.disconnect();
    },
  };
}

/** The entry of a key, which is told where it does not exist as well. */
function keyEntry({ bytes }: Interest, { entries }: Snapshot): SnapshotEntry {
  const [entry] = entries;
  if (entry !== undefined) return entry;
  const key = utf8Decode(bytes);
  return { key, ...(key === null ? { key_raw: base64Encode(bytes) } : {}), value: null };
}

function valueSettings(config: Config) {
  const { maxValueBytes, maxValueElements, valueCacheBytes, promptExpiry } = config;
  return {
    values: {
      bytes: maxValueBytes,
      elements: maxValueElements,
      cacheBytes: valueCacheBytes,
    },
    promptExpiry: { mode: promptExpiry ? ("on" as const) : ("off" as const) },
  };
}

/** A client that comes back shows its token and asks for all that it may have, at once. */
function burstOf({ messageBurst, maxSubscriptions }: Config): number {
  return Math.max(messageBurst, maxSubscriptions + 1);
}

function limitsOf(config: Config) {
  return {
    sessions: config.maxSessions,
    sessionsPerUser: config.maxSessionsPerUser,
    sessionsPerAddress: config.maxSessionsPerAddress,
    subscriptions: config.maxSubscriptions,
    message: config.maxMessageBytes,
    rate: { perSecond: config.messageRate, burst: burstOf(config) },
    outbox: config.outboxBytes,
    slowConsumer: config.slowConsumer,
    authTimeout: config.authTimeout,
    heartbeat: config.heartbeat,
  };
}
