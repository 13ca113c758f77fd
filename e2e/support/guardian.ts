import { spawn } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./guardian.mjs", import.meta.url));

let input: Socket | undefined;

/** Started with the first thing worth guarding; its own process group, so that Ctrl-C spares it. */
function start(): Socket {
  const child = spawn(process.execPath, [PROGRAM], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
  if (!(child.stdin instanceof Socket)) throw new Error("the guardian's input is not a pipe");
  child.unref();
  child.stdin.unref();
  return child.stdin;
}

/** Tells the guardian what must not outlive this process. */
export function guard(order: "run" | "ended" | "made" | "removed", value: string | number): void {
  input ??= start();
  input.write(`${order} ${value}\n`);
}
