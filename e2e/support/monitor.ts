import { connect, type Socket } from "node:net";
import { hold } from "./resources.js";
import { waitFor } from "./wait.js";

/** What a server was asked since, each command with its words, as Redis shows them. */
export interface Monitor {
  readonly commands: readonly (readonly string[])[];
  stop(): Promise<void>;
}

const QUOTED = /"((?:[^"\\]|\\.)*)"/g;
/** ms until it asks again where its connection was closed: Sentinels have a new primary close all. */
const PAUSE = 20;

/**
 * Has a server tell all it is asked. By hand, since ioredis fails where the first command comes in one piece
 * with the answer to MONITOR.
 */
export async function startMonitor(server: {
  readonly host: string;
  readonly port: number;
}): Promise<Monitor> {
  const commands: string[][] = [];
  let socket: Socket | undefined;
  let answers = 0;
  let state: "running" | "stopped" = "running";
  const open = (): void => {
    if (state === "stopped") return;
    let begun = "";
    socket = connect({ host: server.host, port: server.port });
    socket.write("MONITOR\r\n");
    socket.on("error", () => {});
    socket.on("close", () => setTimeout(open, PAUSE));
    socket.on("data", (chunk: Buffer) => {
      const lines = (begun + chunk.toString("latin1")).split("\r\n");
      begun = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "+OK") answers += 1;
        else commands.push([...line.matchAll(QUOTED)].map(([, word = ""]) => word));
      }
    });
  };
  open();
  const stop = hold(() => {
    state = "stopped";
    socket?.destroy();
  });
  await waitFor(() => answers > 0, { what: `port ${server.port} to be monitored` });
  return { commands, stop };
}
