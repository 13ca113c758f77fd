import { type ChildProcessByStdio, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

/**
 * Makes the folder, starts the server in it, and waits. When its input ends, which it does however
 * the gateway ends, kill -9 included, it ends the server. In the end it removes the folder.
 * SIGKILL, since a server without persistence has nothing to save, and one that hangs heeds nothing else.
 */
const SCRIPT = `
dir=$1; shift
mkdir -m 700 "$dir" || exit 1
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( read -r _ <&3; kill -9 "$server" ) 2>/dev/null &
watch=$!
wait "$server" 2>/dev/null
code=$?
kill -9 "$watch" 2>/dev/null
rm -rf "$dir"
exit "$code"
`;

/** ms the keeper may take to end its server before both are killed. */
const END_DEADLINE = 3_000;
/** Characters of the server's output that are kept, to be told if it dies. */
const OUTPUT_TAIL = 2_000;

type Keeper = ChildProcessByStdio<Writable, Readable, Readable>;

/** A server that neither outlives this process nor leaves its folder behind. */
export interface KeptServer {
  /** Resolves with the end of its output when it has ended and the folder is gone. */
  readonly ended: Promise<string>;
  /** Ends it, and waits until it has. */
  end(): Promise<void>;
}

/**
 * Starts a server under a keeper, in a session of its own: Ctrl-C in the terminal reaches the gateway
 * alone, which drains while its server still answers.
 *
 * @param folder does not exist yet
 */
export function keep(folder: string, command: readonly [string, ...string[]]): KeptServer {
  const keeper = spawn("/bin/sh", ["-c", SCRIPT, "keywire-keeper", folder, ...command], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // One that has ended cannot be written to; that it has is told by "close".
  keeper.stdin.on("error", () => {});
  const ended = endOf(keeper, folder);
  return {
    ended,
    async end() {
      keeper.stdin.end();
      const timer = setTimeout(() => killGroup(keeper), END_DEADLINE);
      await ended;
      clearTimeout(timer);
    },
  };
}

function endOf(keeper: Keeper, folder: string): Promise<string> {
  let output = "";
  const collect = (chunk: string) => {
    output = (output + chunk).slice(-OUTPUT_TAIL);
  };
  keeper.stdout.setEncoding("utf8").on("data", collect);
  keeper.stderr.setEncoding("utf8").on("data", collect);
  return new Promise((resolve) => {
    keeper.once("error", (error) => resolve(error.message));
    keeper.once("exit", () => {
      // Should the keeper itself have been killed, what it kept is ended here.
      killGroup(keeper);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
    });
    keeper.once("close", () => resolve(output.trim()));
  });
}

function killGroup({ pid }: Keeper): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    const gone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!gone) throw error;
  }
}
