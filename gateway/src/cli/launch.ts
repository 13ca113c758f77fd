import { FileFault } from "../app/open-triggers.js";
import { type App, type AppPorts, startApp } from "../app.js";
import type { Config } from "../config.js";
import { CommandError, ExitCode } from "./command.js";

/**
 * Starts the gateway.
 *
 * @throws CommandError where it cannot listen, naming the settings that say where; where a library
 *   that it is to load cannot be loaded
 */
export async function launch(config: Config, ports: AppPorts): Promise<App> {
  try {
    return await startApp(config, ports);
  } catch (error) {
    if (error instanceof FileFault)
      throw new CommandError(error.message, ExitCode.Usage, { cause: error });
    throw listenError(error, config);
  }
}

/** The error of listening as a sentence that names the settings; any other error as it is. */
export function listenError(error: unknown, config: Config): unknown {
  const reason = listenFault(error, config);
  return reason === undefined ? error : new CommandError(reason, undefined, { cause: error });
}

function listenFault(error: unknown, { host, port }: Config): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const where = `${host}:${port}`;
  switch (error.code) {
    case "EADDRINUSE":
      return `somebody listens on ${where} already; set KEYWIRE_PORT (--port) to another port`;
    case "EACCES":
      return `this user may not listen on ${where}; set KEYWIRE_PORT (--port) to 1024 or higher`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine; set KEYWIRE_HOST (--host) to one that is`;
    default:
      return undefined;
  }
}
