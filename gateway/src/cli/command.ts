import type { Environment } from "../config.js";
import type { Output } from "./output.js";

/** What a process is asked to be when it ends. */
export const ExitCode = {
  Fine: 0,
  /** What was asked for could not be done, or `doctor` found something. */
  Failed: 1,
  /** Wrong usage or configuration: nothing was tried. */
  Usage: 2,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What a command is given of the outside world. */
export interface Context {
  /** The words behind the command's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface Command {
  /** Everything `keywire help NAME` shows. */
  help(): string;
  run(context: Context): Promise<ExitCode>;
}

/** Something was wrong that the user can mend: told as a sentence, without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.Failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command line itself is wrong. */
export function usageError(command: string, faults: readonly string[]): CommandError {
  const [first = "", ...more] = faults;
  const list = more.length === 0 ? first : `\n${faults.map((fault) => `  - ${fault}`).join("\n")}`;
  const hint = `\`keywire help ${command}\` tells what it takes`;
  return new CommandError(`${list}${more.length === 0 ? "; " : "\n"}${hint}`, ExitCode.Usage);
}
