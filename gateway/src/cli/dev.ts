import { randomBytes } from "node:crypto";
import { type Config, type LoadedConfig, parseFlags, warnings } from "../config.js";
import { createLog, type Log, Metrics } from "../observe/index.js";
import { type Command, CommandError, type Context, ExitCode } from "./command.js";
import { openCheckout } from "./dev/checkout/open.js";
import { freePort } from "./dev/ports.js";
import { lastWords, type PrivateRedis, startPrivateRedis } from "./dev/private-redis.js";
import { startTraffic } from "./dev/traffic.js";
import { dashboardAddress, welcome } from "./dev/welcome.js";
import { commandHelp, settingFlags } from "./help.js";
import { launch, listenError } from "./launch.js";
import { reasonOf } from "./output.js";
import { readSettings } from "./settings.js";
import { listenForStop, type StopReason, type StopRequest } from "./stop.js";

/** The ports that are tried where none is asked for. */
const PORTS_TRIED = 20;

const LOOPBACK = /^(?:localhost|127\.[\d.]+|::1)$/;

const TEXT = `
Starts everything there is to see: a private Redis on a free port, demo traffic in it, the gateway, and
prints the dashboard's address with a token that lets you in. Ctrl-C ends all of it and leaves nothing.

With KEYWIRE_REDIS (--redis) set it serves that Redis instead, without demo traffic: it writes nothing
into it but keys of its own under {keywire}:, and the orders under checkout: that you place on the demo
page.

Not for production: the token opens every key, and it is printed.
`;

export const dev: Command = {
  help: () => commandHelp("keywire dev [SETTINGS]", TEXT, [settingFlags()]),

  async run(context: Context) {
    const rules = { options: {}, settings: true, positionals: false };
    const loaded = readSettings(context.env, parseFlags(context.argv, rules), [], true);
    const stop = listenForStop((error) => context.stderr.line(reasonOf(error)));
    const undo: (() => Promise<void>)[] = [];
    try {
      const session = await begin(loaded, context, stop, undo);
      return await last(session, stop);
    } catch (error) {
      if (error !== stop.signal.reason) throw error;
      // Starting was given up because somebody asked to.
      const reason = await stop.requested;
      if (reason.kind === "crash") throw reason.error;
      return ExitCode.Fine;
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
  const { logLevel: level } = loaded.config;
  const log = createLog({ level, format: "text", stream, color: stdout.color });
  for (const warning of warnings(loaded.config)) log.warn(warning);
  if (!LOOPBACK.test(loaded.config.host)) {
    log.warn("other machines can reach this; whoever has the address below reads every key");
  }
  if (loaded.config.workers > 1) {
    log.warn("this is one gateway: `keywire start` alone runs as many as KEYWIRE_WORKERS says");
  }
  const port = await choosePort(loaded, log);

  const ownRedis =
    loaded.config.redis === undefined ? await startPrivateRedis(env, stop.signal) : undefined;
  if (ownRedis !== undefined) undo.push(() => ownRedis.end());
  const redis = loaded.config.redis ?? ownRedis?.url ?? "";
  const config = { ...withSecret({ ...loaded.config, port, redis }), redis };

  const checkout = await openCheckout(config, log);
  undo.push(async () => checkout.close());
  const app = await launch(config, { log, metrics: new Metrics(), demo: checkout.routes });
  undo.push(() => app.close());
  if (ownRedis !== undefined) undo.push(startTraffic(ownRedis, log));
  welcome(await dashboardAddress(app.url, config), config, ownRedis, stdout);
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
      throw reason.error;
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
