import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";

/** The private server of a `keywire dev`, by the port that it printed. */
export function serverOf(shown: string): { readonly port: number; readonly pid: number } {
  const port = Number(/on port (\d+)/.exec(shown)?.[1]);
  const [line] = processes().filter((args) => args.includes(`127.0.0.1:${port}`));
  if (line === undefined) throw new Error(`no server on port ${port} is running`);
  return { port, pid: Number(/^\s*(\d+)/.exec(line)?.[1]) };
}

/** The keeper of the private server that works in the temp folder. */
export function keeperOf(folder: string): number {
  const line = processes().find((args) => args.includes("keywire-keeper") && args.includes(folder));
  if (line === undefined) throw new Error(`nobody keeps a server under ${folder}`);
  return Number(/^\s*(\d+)/.exec(line)?.[1]);
}

/** What is left of it: its folders under the temp folder, its processes. */
export function leftovers(folder: string, port: number): string[] {
  const signs = [folder, `127.0.0.1:${port}`];
  return [
    ...readdirSync(folder),
    ...processes().filter((args) => signs.some((sign) => args.includes(sign))),
  ];
}

/** `pid args` of every process. */
function processes(): string[] {
  return execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => !line.includes("ps -eo"));
}
