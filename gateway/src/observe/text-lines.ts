import { inspect } from "node:util";
import { visible } from "./visible.js";

const LEVELS: ReadonlyMap<unknown, string> = new Map([
  [10, "trace"],
  [20, "debug"],
  [30, "info"],
  [40, "warn"],
  [50, "error"],
  [60, "fatal"],
]);

const COLORS: Readonly<Record<string, string>> = {
  warn: "\u001b[33m",
  error: "\u001b[31m",
  fatal: "\u001b[31m",
};
const DIM = "\u001b[2m";
const RESET = "\u001b[0m";

/** A JSON log line as people read it: `12:00:01 warn  redis node lost  node=127.0.0.1:7000`. */
export function textLine(json: string, color: boolean): string {
  const { level, time, msg, error, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const name = LEVELS.get(level) ?? String(level);
  const paint = (code: string | undefined, words: string) =>
    color && code !== undefined && words !== "" ? `${code}${words}${RESET}` : words;
  const words = [
    paint(DIM, clock(Number(time))),
    paint(COLORS[name], name.padEnd(5)),
    visible([msg, message(error)].filter((part) => part !== undefined).join(": ")),
    paint(DIM, Object.entries(fields).map(field).join(" ")),
  ];
  return `${words.join(" ").trimEnd()}\n`;
}

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}

function message(error: unknown): unknown {
  return typeof error === "object" && error !== null && "message" in error ? error.message : error;
}

function field([name, value]: [string, unknown]): string {
  const plain = typeof value === "string" && /^[^\s"'=]+$/.test(value);
  const shown = plain ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY });
  return `${name}=${visible(shown)}`;
}
