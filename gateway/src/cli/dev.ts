import { randomBytes } from "node:crypto";
import { systemClock } from "@keywire/shared";
import { Redis } from "ioredis";
import {
  type Config,
  formatDuration,
  type LoadedConfig,
  maskCredentials,
  parseFlags,
  warnings,
} from "../config.js";
import { createLog, type Log, Metrics } from "../observe/index.js";
import { type Command, CommandError, type Context, ExitCode } from "./command.js";
import { Demo } from "./dev/demo.js";
import { freePort } from "./dev/ports.js";
import { lastWords, type PrivateRedis, startPrivateRedis } from "./dev/private-redis.js";
import type { Command as RedisCommand } from "./dev/shop.js";
import { commandHelp, settingFlags, VERSION } from "./help.js";
import { launch, listenError } from "./launch.js";
import { mintToken } from "./mint.js";
import { style } from "./output.js";
import { readSettings } from "./settings.js";
import { listenForStop, type StopReason, type StopRequest } from "./stop.js";

const SUBJECT = "developer";
/** ms; a dashboard that is left open over a weekend still works on Monday. */
const TOKEN_TTL = 7 * 86_400_000;
/** The ports that are tried where none is asked for. */
const PORTS_TRIED = 20;

const TEXT = `
Starts everything there is to see: a private Redis on a free port, demo traffic in it, the gateway, and
prints the dashboard's address with a token that lets you in. Ctrl-C ends all of it and leaves nothing.

With KEYWIRE_REDIS (--redis) set it serves that Redis instead, without demo traffic: it writes nothing
into it but keys of its own under {keywire}:.

Not for production: the token opens every key, and it is printed.
`;

export const dev: Command = {
  help: () => commandHelp("keywire dev [SETTINGS]", TEXT, [settingFlags()]),

  async run(context: Context) {
    const rules = { options: {}, settings: true, positionals: false };
    const loaded = readSettings(context.env, parseFlags(context.argv, rules), [], true);
    const stop = listenForStop();
    const undo: (() => Promise<void>)[] = [];
    try {
      const session = await begin(loaded, context, stop, undo);
      return await last(session, stop);
    } catch (error) {
      // Starting is given up because somebody asked to.
      if (stop.signal.aborted && error === stop.signal.reason) return ExitCode.Fine;
      throw error;
    } finally {
      for (const step of undo.reverse()) await step();
      stop.release();
    }
  },
};

interface Session {
  readonly log: Log;
  readonly ownRedis: PrivateRedis | undefined;
}

/** Starts everything, and notes how to end it. */
async function begin(
  loaded: LoadedConfig,
  context: Context,
  stop: StopRequest,
  undo: (() => Promise<void>)[],
): Promise<Session> {
  const { stdout, env } = context;
  const stream = { write: (text: string) => stdout.line(text.trimEnd()) };
  const log = createLog({
    ...{ level: loaded.config.logLevel, format: "text" },
    ...{ stream, color: stdout.color },
  });
  for (const warning of warnings(loaded.config)) log.warn(warning);
  const port = await choosePort(loaded, log);

  const ownRedis =
    loaded.config.redis === undefined ? await startPrivateRedis(env, stop.signal) : undefined;
  if (ownRedis !== undefined) undo.push(() => ownRedis.end());
  const config = withSecret({
    ...loaded.config,
    port,
    redis: loaded.config.redis ?? ownRedis?.url,
  });

  const app = await launch(config, { log, metrics: new Metrics() });
  undo.push(() => app.close());
  if (ownRedis !== undefined) undo.push(startDemo(ownRedis, log));
  introduce(await dashboardAddress(app.url, config), config, ownRedis, context);
  return { log, ownRedis };
}

/** Until somebody asks to end it, or something that it needs has ended. */
async function last({ log, ownRedis }: Session, stop: StopRequest): Promise<ExitCode> {
  const gone = ownRedis?.ended.then((output) => ({ kind: "redis", output }) as const);
  const reason = await Promise.race<StopReason | { kind: "redis"; output: string }>([
    stop.requested,
    ...(gone === undefined ? [] : [gone]),
  ]);
  switch (reason.kind) {
    case "signal":
      log.info("stopping");
      return ExitCode.Fine;
    case "crash":
      log.error("stopping after an error", { error: reason.error });
      return ExitCode.Failed;
    case "redis":
      throw new CommandError(
        `the private Redis has ended, and so does this (${lastWords(reason.output) || "killed"})`,
      );
  }
}

/** The port asked for, or from the default on the first one that is free. */
async function choosePort({ config, origins }: LoadedConfig, log: Log): Promise<number> {
  const { host, port } = config;
  if (origins.has("port")) return port;
  const free = await freePort(host, port, PORTS_TRIED).catch((error: unknown) => {
    throw listenError(error, config);
  });
  if (free === undefined) return port;
  if (free !== port) log.warn(`port ${port} is taken, so this is on ${free}; KEYWIRE_PORT chooses`);
  return free;
}

/** A secret of this run alone, where nothing else says how tokens are verified. */
function withSecret(config: Config): Config {
  const { jwtSecret, jwtJwksUrl, jwtPublicKey } = config;
  if ((jwtSecret ?? jwtJwksUrl ?? jwtPublicKey) !== undefined) return config;
  return { ...config, jwtSecret: randomBytes(32).toString("base64url"), jwtAlgorithms: ["HS256"] };
}

async function dashboardAddress(url: string, config: Config): Promise<string> {
  const address = `${url.replace(/\/$/, "")}/`;
  const { jwtSecret } = config;
  // Verified with somebody's public keys: then their tokens are the only ones.
  if (jwtSecret === undefined) return address;
  const grants = [{ keys: "*", db: "*", values: true }] as const;
  const request = { subject: SUBJECT, grants, admin: true, ttl: TOKEN_TTL };
  return `${address}#token=${await mintToken(request, { ...config, jwtSecret })}`;
}

/** @returns how to end it */
function startDemo({ port }: PrivateRedis, log: Log): () => Promise<void> {
  const redis = new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: 0 });
  // Each command that fails for it is told by `failed`.
  redis.on("error", () => {});
  const demo = new Demo({
    clock: systemClock,
    random: Math.random,
    send: (commands) => sendAll(redis, commands),
    failed: (error) => log.debug("demo traffic failed", { error }),
  });
  demo.start();
  return async () => {
    await demo.stop();
    redis.disconnect();
  };
}

async function sendAll(redis: Redis, commands: readonly RedisCommand[]): Promise<void> {
  const pipeline = redis.pipeline();
  for (const [name, ...args] of commands) pipeline.call(name, ...args);
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

function introduce(
  address: string,
  { redis = "" }: Config,
  ownRedis: PrivateRedis | undefined,
  { stdout }: Context,
): void {
  const token = address.includes("#token=")
    ? `all keys and the admin's data, for ${formatDuration(TOKEN_TTL)}; it stands in the address`
    : "bring one of your issuer's: this gateway verifies with public keys";
  const source =
    ownRedis === undefined
      ? [["Redis", `${maskCredentials(redis)}; only keys under {keywire}: are written`]]
      : [
          ["Redis", `a private one with demo traffic, on port ${ownRedis.port}`],
          ["Try", `redis-cli -p ${ownRedis.port} SET hello world`],
        ];
  stdout.line();
  stdout.line(style(stdout, "bold", `Keywire ${VERSION} in development mode, not for production`));
  stdout.line();
  stdout.line(`  Dashboard  ${style(stdout, "cyan", address)}`);
  for (const [name = "", text] of [["Token", token], ...source]) {
    stdout.line(`  ${name.padEnd(9)}  ${text}`);
  }
  stdout.line();
  stdout.line("Ctrl-C ends all of it.");
  stdout.line();
}
