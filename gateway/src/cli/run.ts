import { ConfigError, didYouMean } from "../config.js";
import { redact } from "../observe/redact.js";
import { CommandError, type Context, ExitCode } from "./command.js";
import { COMMANDS, type CommandEntry } from "./commands.js";
import { columns, VERSION } from "./help.js";
import { reasonOf, style } from "./output.js";

/** Runs a command line; what goes wrong is told on stderr, the answer is the exit code. */
export async function run(context: Context): Promise<ExitCode> {
  try {
    return await dispatch(context);
  } catch (error) {
    tell(context, error);
    if (error instanceof CommandError) return error.exitCode;
    return error instanceof ConfigError ? ExitCode.Usage : ExitCode.Failed;
  }
}

async function dispatch(context: Context): Promise<ExitCode> {
  const [word, ...argv] = context.argv;
  const { stdout, stderr } = context;
  switch (word) {
    case undefined:
      stderr.line(overview());
      return ExitCode.Usage;
    case "--version":
    case "-v":
      stdout.line(`keywire ${VERSION}`);
      return ExitCode.Fine;
    case "--help":
    case "-h":
    case "help": {
      const [topic] = argv;
      stdout.line(topic === undefined ? overview() : (await find(topic).load()).help());
      return ExitCode.Fine;
    }
    default: {
      const command = await find(word).load();
      if (!asksForHelp(argv)) return command.run({ ...context, argv });
      stdout.line(command.help());
      return ExitCode.Fine;
    }
  }
}

/** `keywire --help`. */
function overview(): string {
  return [
    `keywire ${VERSION}: live Redis keys in the browser`,
    "",
    "Usage: keywire COMMAND [FLAGS]",
    "",
    "Commands:",
    columns(COMMANDS.map(({ name, summary }) => [name, summary])),
    "",
    "`keywire help COMMAND` tells more of each. New here? `keywire dev`.",
    "",
    "Exit codes: 0 fine; 1 it could not be done, or doctor found something; 2 wrong usage or",
    "configuration.",
  ].join("\n");
}

function find(name: string): CommandEntry {
  const entry = COMMANDS.find((command) => command.name === name);
  if (entry !== undefined) return entry;
  const what = name.startsWith("-") ? "no flag of keywire itself" : "no command";
  const near = didYouMean(
    name,
    COMMANDS.map((command) => command.name),
  );
  throw new CommandError(
    `${JSON.stringify(name)} is ${what}${near}; \`keywire --help\` lists what there is`,
    ExitCode.Usage,
  );
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? argv.length : end).some((word) => /^(--help|-h)$/.test(word));
}

/** Errors that the user can mend are sentences; others are ours, and their stack helps to mend them. */
function tell({ stderr }: Context, error: unknown): void {
  const expected = error instanceof CommandError || error instanceof ConfigError;
  const text = expected || !(error instanceof Error) ? reasonOf(error) : (error.stack ?? "");
  stderr.line(redact(`${style(stderr, "red", "keywire:")} ${text}`));
}
