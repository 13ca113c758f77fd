import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { hold, waitFor } from "../support/index.js";

export const PROGRAM = fileURLToPath(new URL("../../gateway/bin/keywire.mjs", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way; what it wrote to each stream so far. */
export interface Command {
  readonly pid: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly finished: Promise<Finished>;
  /** The process itself, for tests that take its streams away. */
  readonly child: ChildProcess;
  signal(signal: NodeJS.Signals): void;
  /** Until stdout or stderr holds the text, or matches; fails at once where it ended before. */
  shows(what: string | RegExp): Promise<string>;
}

type Env = Readonly<Record<string, string>>;

/** Runs `keywire …` to its end. */
export async function keywire(args: readonly string[], env: Env = {}): Promise<Finished> {
  return begin(args, env).finished;
}

/** Begins `keywire …`. The settings of whoever runs the tests do not leak into it. */
export function begin(args: readonly string[], env: Env = {}): Command {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(KEYWIRE_|NO_COLOR|FORCE_COLOR)/.test(name),
  );
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...Object.fromEntries(own), ...env },
  });
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      written[name] += chunk;
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...written }));
  });
  hold(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await finished;
  });
  return {
    child,
    finished,
    pid: Number(child.pid),
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    signal: (signal) => void child.kill(signal),
    async shows(what) {
      const look = () => {
        const all = `${written.stdout}\n${written.stderr}`;
        if (typeof what === "string" ? all.includes(what) : what.test(all)) return all;
        return child.exitCode === null && child.signalCode === null ? undefined : "ended";
      };
      const shown = await waitFor(look, { what: `the command to show ${what}`, deadline: 30_000 });
      if (shown === "ended") {
        throw new Error(`it ended without showing ${what}:\n${written.stdout}\n${written.stderr}`);
      }
      return shown;
    },
  };
}
