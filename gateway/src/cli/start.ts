import { type Config, parseFlags, warnings } from "../config.js";
import { createLog, type Log, Metrics } from "../observe/index.js";
import type { Membership } from "../workers/index.js";
import { type Command, type Context, ExitCode } from "./command.js";
import { commandHelp, settingFlags } from "./help.js";
import { launch } from "./launch.js";
import { readSettings } from "./settings.js";
import { runWorkers } from "./start/primary.js";
import { joinWorkers } from "./start/worker.js";
import { listenForStop, type StopRequest, sayWhy } from "./stop.js";

const TEXT = `
Serves a Redis to browsers until it is told to stop. SIGTERM and Ctrl-C let the sessions leave in order,
within the drain time; a second one ends it at once. It logs to stdout, a JSON object per line.

It does not start without a Redis and a way to verify tokens:

  KEYWIRE_REDIS=redis://localhost:6379 KEYWIRE_JWT_SECRET=… keywire start
`;

export const start: Command = {
  help: () => commandHelp("keywire start [SETTINGS]", TEXT, [settingFlags()]),

  async run({ argv, env }: Context) {
    const flags = parseFlags(argv, { options: {}, settings: true, positionals: false });
    const { config } = readSettings(env, flags, ["redis", "tokens"]);
    const member = joinWorkers();
    const log = createLog({ level: config.logLevel, format: "json", worker: member?.id });
    const stop = listenForStop((error) => log.error("an error while stopping", { error }));
    if (member !== undefined) return serve(config, log, stop, member.crew);
    for (const warning of warnings(config)) log.warn(warning);
    return config.workers > 1 ? runWorkers(config, log, stop) : serve(config, log, stop);
  },
};

/** @param crew where this process is one of several workers, of which the primary tells */
async function serve(
  config: Config,
  log: Log,
  stop: StopRequest,
  crew?: Membership,
): Promise<ExitCode> {
  const app = await launch(config, { log, metrics: new Metrics(), crew });
  if (crew === undefined) log.info("listening", { url: app.url });
  else crew.listening(app.url);
  const asked = crew?.stopRequested.then(() => ({ kind: "asked" as const }));
  const reason = await Promise.race([stop.requested, asked ?? stop.requested]);
  sayWhy(reason, log);
  await app.close();
  if (crew === undefined) log.info("stopped");
  return reason.kind === "crash" ? ExitCode.Failed : ExitCode.Fine;
}
