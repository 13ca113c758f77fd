import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { guard } from "../support/guardian.js";
import { hold, TEST_SECRET } from "../support/index.js";
import type { Server } from "./contender.js";
import type { ConnectRequest, WriteRequest, WriteResult } from "./load/load.mjs";
import type { Order } from "./load/main.mjs";
import type { PlanSpec } from "./load/plans.mjs";

const PROGRAM = fileURLToPath(new URL("./load/main.mjs", import.meta.url));

/** Who connects, and what they ask for. */
export type Clients = Pick<ConnectRequest, "plan" | "clients"> &
  Partial<Pick<ConnectRequest, "tokens" | "value" | "events" | "resume" | "connecting">>;

/** The load generator, in a process of its own. */
export interface Generator {
  /** Resolves when all clients are connected and subscribed. */
  connect(server: Server, clients: Clients): Promise<{ readonly seconds: number }>;
  /** Resolves when all that was written has been delivered, or is given up. */
  write(request: WriteRequest): Promise<WriteResult>;
  /** Cuts all clients off. */
  close(): Promise<void>;
  stop(): Promise<void>;
}

export function startGenerator(): Generator {
  const child = fork(PROGRAM, { detached: true, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const pid = Number(child.pid);
  guard("run", pid);
  child.once("exit", () => guard("ended", pid));
  const stop = hold(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });

  async function order<T>(message: Order): Promise<T> {
    const answered = Promise.race([once(child, "message"), once(child, "exit")]);
    child.send(message);
    const [answer] = await answered;
    if (typeof answer !== "object" || answer === null) throw new Error("the load generator ended");
    if ("error" in answer) throw new Error(String(answer.error));
    return answer.result;
  }

  return {
    connect: ({ port, dialect }, { tokens = "own", ...clients }) =>
      order({
        do: "connect",
        request: { host: "127.0.0.1", port, dialect, secret: TEST_SECRET, tokens, ...clients },
      }),
    write: (request) => order({ do: "write", request }),
    close: () => order({ do: "close" }),
    stop,
  };
}

export type { PlanSpec, WriteResult };
