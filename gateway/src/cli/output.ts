import { once } from "node:events";
import { inspect, styleText } from "node:util";

/** A stream of text, which may be a terminal. */
export interface Output {
  readonly isTerminal: boolean;
  readonly color: boolean;
  line(text?: string): void;
  /** Resolves when the stream takes more, at once as a rule. */
  flowing(): Promise<void>;
}

type Style = "bold" | "dim" | "green" | "yellow" | "red" | "cyan";

/** The text in a style, where the output shows styles. */
export function style(output: Pick<Output, "color">, name: Style, text: string): string {
  // The stream was judged already, by `streamOutput`.
  return output.color ? styleText(name, text, { validateStream: false }) : text;
}

export function streamOutput(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Output {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    color: showsColor(isTerminal, env),
    line: (text = "") => void stream.write(`${text}\n`),
    async flowing() {
      if (stream.writableNeedDrain) await once(stream, "drain");
    },
  };
}

/** https://no-color.org, and its opposite. */
function showsColor(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return isTerminal && env["TERM"] !== "dumb";
}

/** The sentence of an error, without a stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : inspect(error);
  // Node's own for several addresses tried at once has no message.
  if (error.message === "" && error instanceof AggregateError) {
    return error.errors.map(reasonOf).join("; ");
  }
  return error.message;
}
