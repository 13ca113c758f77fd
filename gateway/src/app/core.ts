import { randomBytes } from "node:crypto";
import { type Clock, WireError } from "@keywire/shared";
import {
  Authenticator,
  authorize,
  type Identity,
  RedisRevocationStore,
  Revocations,
} from "../auth/index.js";
import type { Config } from "../config.js";
import { Hub } from "../hub/index.js";
import { connectCommands, type Keyspace, openKeyspace, parseRedisUrl } from "../keyspace/index.js";
import type { Log, Metrics } from "../observe/index.js";
import { SessionRegistry } from "../session/registry.js";
import { hubReport, reportKeyspace, sessionReport } from "./reports.js";

/** Everything between Redis and the doors. */
export interface Core {
  readonly keyspace: Keyspace;
  readonly hub: Hub;
  readonly registry: SessionRegistry<Identity>;
  readonly revocations: Revocations;
  /** @throws WireError `unauthorized` or `token_expired` */
  readonly authenticate: (token: string) => Promise<Identity>;
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
  const authenticator = new Authenticator(config, clock);
  const keyspace = await openKeyspace({
    redis: target,
    notify: config.notifyEvents,
    patternBudget: config.patternBudget,
    clock,
    report: (report) => reportKeyspace(report, log, metrics),
  });
  const commands = connectCommands(target);
  const subscriber = connectCommands(target);
  for (const connection of [commands, subscriber]) {
    // Redis being away is told by the keyspace; here it would be told once more for each attempt.
    connection.on("error", (error) => log.debug("a connection for commands failed", { error }));
  }
  const revocations = new Revocations(
    new RedisRevocationStore(commands, subscriber),
    clock,
    (error) => log.warn("revocations could not be read", { error }),
  );
  const atEndOfTurn = (fn: () => void) => void setImmediate(fn);
  const life = randomBytes(4).toString("hex");
  const hub = new Hub(
    { source: keyspace, clock, endOfTurn: atEndOfTurn, life, report: hubReport(log, metrics) },
    config,
  );
  const registry = new SessionRegistry<Identity>({
    clock,
    atEndOfTurn,
    channels: hub,
    defaultDatabase: target.db,
    newId: () => randomBytes(9).toString("base64url"),
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

  return {
    keyspace,
    hub,
    registry,
    revocations,
    authenticate: async (token) => {
      const identity = await authenticator.verify(token);
      if (!revocations.isRevoked(identity)) return identity;
      throw new WireError("unauthorized", "the token was revoked; get a new one");
    },
    close: async () => {
      await hub.close();
      await revocations.close();
      await keyspace.close();
      commands.disconnect();
    },
  };
}

function limitsOf(config: Config) {
  return {
    sessions: config.maxSessions,
    sessionsPerUser: config.maxSessionsPerUser,
    sessionsPerAddress: config.maxSessionsPerAddress,
    subscriptions: config.maxSubscriptions,
    message: config.maxMessageBytes,
    rate: { perSecond: config.messageRate, burst: config.messageBurst },
    outbox: config.outboxBytes,
    slowConsumer: config.slowConsumer,
    authTimeout: config.authTimeout,
    heartbeat: config.heartbeat,
  };
}
