import { type Config, parseFlags } from "../config.js";
import { visible } from "../observe/visible.js";
import { type Command, type Context, ExitCode } from "./command.js";
import { examine } from "./doctor/examine.js";
import { allFindings, type DoctorReport, type Finding, type Verdict } from "./doctor/report.js";
import { commandHelp, settingFlags } from "./help.js";
import { type Output, style } from "./output.js";
import { readSettings } from "./settings.js";

const OPTIONS = { json: { type: "boolean" } } as const;

const TEXT = `
Looks at every node of a Redis as the gateway would use it: does it answer, does it send keyspace
notifications, may the user do what the gateway does. What is wrong is told with the command that
mends it. Changes nothing; where the server does not show its settings, a test writes keys of its own
under {keywire}: and deletes them.

Exit codes: 0 nothing is wrong (warnings may remain), 1 something is, 2 wrong usage.
`;

export const doctor: Command = {
  help: () =>
    commandHelp("keywire doctor --redis URL [--json] [SETTINGS]", TEXT, [
      { title: "Flags", rows: [["--json", "Print the report as JSON."]] },
      settingFlags(["redis", "notifyEvents"]),
    ]),

  async run({ argv, env, stdout }: Context) {
    const flags = parseFlags(argv, { options: OPTIONS, settings: true, positionals: false });
    const { config } = readSettings(env, flags, ["redis"]);
    const uses = { notify: config.notifyEvents, forwards: config.amqpUrl !== undefined };
    const report = await examine(redisOf(config), uses);
    if (flags.options.json) stdout.line(JSON.stringify(report, null, 2));
    else print(report, stdout);
    const sick = allFindings(report).some(({ verdict }) => verdict === "fail");
    return sick ? ExitCode.Failed : ExitCode.Fine;
  },
};

function redisOf({ redis }: Config): string {
  if (redis === undefined) throw new Error("the configuration was read without its Redis");
  return redis;
}

const COLOR: Readonly<Record<Verdict, "green" | "yellow" | "red" | "dim">> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
  skip: "dim",
};

function print(report: DoctorReport, stdout: Output): void {
  stdout.line(style(stdout, "bold", report.redis));
  for (const finding of report.findings) printFinding(finding, stdout);
  for (const { address, findings } of report.nodes) {
    stdout.line(`\n${style(stdout, "bold", address)}`);
    for (const finding of findings) printFinding(finding, stdout);
  }
  stdout.line(`\n${summary(report)}`);
}

function printFinding({ what, verdict, detail, remedy }: Finding, stdout: Output): void {
  const mark = style(stdout, COLOR[verdict], verdict.padEnd(4));
  stdout.line(`  ${mark}  ${what.padEnd(13)}  ${visible(detail)}`);
  if (remedy !== undefined)
    stdout.line(`${" ".repeat(23)}${style(stdout, "cyan", `→ ${visible(remedy)}`)}`);
}

function summary(report: DoctorReport): string {
  const count = (wanted: Verdict) =>
    allFindings(report).filter(({ verdict }) => verdict === wanted).length;
  const [fails, warnings] = [count("fail"), count("warn")];
  if (fails === 0 && warnings === 0) return "All is well.";
  const parts = [
    ...(fails > 0 ? [`${fails} to mend`] : []),
    ...(warnings > 0 ? [`${warnings} to know of`] : []),
  ];
  return `${parts.join(", ")}.`;
}
