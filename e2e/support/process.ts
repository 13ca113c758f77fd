import { type ChildProcess, spawn } from "node:child_process";
import { guard } from "./guardian.js";
import { hold } from "./resources.js";

/** Characters of output kept per process. */
const OUTPUT_LIMIT = 1_000_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A process in a group of its own, dead at the latest when the test process is. */
export interface Running {
  readonly pid: number;
  /** Resolves when it ended, however. */
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** The newest of what it wrote to stdout and stderr. */
  output(): string;
  /** Signals the process alone, not its group. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILLs the group, stopped processes included, and waits for the end. */
  kill(): Promise<Exit>;
}

export async function run(program: Program): Promise<Running> {
  const child = spawn(program.command, program.args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
    ...(program.env === undefined ? {} : { env: program.env }),
  });
  const output = capture(child);
  return new GuardedProcess(child, await spawned(child), output);
}

class GuardedProcess implements Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly output: () => string;
  private readonly child: ChildProcess;
  private ended = false;

  constructor(child: ChildProcess, pid: number, output: () => string) {
    this.child = child;
    this.pid = pid;
    this.output = output;
    guard("run", pid);
    const release = hold(async () => {
      await this.kill();
    });
    this.exited = exitOf(child).then((exit) => {
      this.ended = true;
      guard("ended", pid);
      void release();
      return exit;
    });
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.running) throw new Error(`process ${this.pid} has ended: cannot ${signal} it`);
    process.kill(this.pid, signal);
  }

  async kill(): Promise<Exit> {
    if (!this.ended) signalGroup(this.pid, "SIGKILL");
    return this.exited;
  }
}

/** The leader may be gone while a child of its own still holds the output open. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const gone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!gone) throw error;
  }
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(Number(child.pid)));
  });
}

/** "close", not "exit": by then its last words have been read. */
function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function capture(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-OUTPUT_LIMIT);
    });
  }
  return () => text;
}
