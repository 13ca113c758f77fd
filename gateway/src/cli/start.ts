import { parseFlags, warnings } from "../config.js";
import { createLog, Metrics } from "../observe/index.js";
import { type Command, type Context, ExitCode } from "./command.js";
import { commandHelp, settingFlags } from "./help.js";
import { launch } from "./launch.js";
import { readSettings } from "./settings.js";
import { listenForStop } from "./stop.js";

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
    const log = createLog({ level: config.logLevel, format: "json" });
    for (const warning of warnings(config)) log.warn(warning);
    const stop = listenForStop((error) => log.error("an error while stopping", { error }));
    const app = await launch(config, { log, metrics: new Metrics() });
    log.info("listening", { url: app.url });
    const reason = await stop.requested;
    if (reason.kind === "crash") log.error("stopping after an error", { error: reason.error });
    else log.info("stopping", { signal: reason.signal });
    await app.close();
    log.info("stopped");
    return reason.kind === "crash" ? ExitCode.Failed : ExitCode.Fine;
  },
};
