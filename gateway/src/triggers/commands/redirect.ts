import type { Endpoint } from "./ports.js";

/** What to do about an error that is not about the command itself. */
export type Redirect =
  | { readonly kind: "moved" | "ask"; readonly to: Endpoint }
  /** It will pass: a node that is loading, a slot between two nodes, a primary that was one. */
  | { readonly kind: "later" }
  /** The answer is the error. */
  | { readonly kind: "none" };

const PASSING = new Set(["TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "BUSY", "READONLY"]);
const HIGHEST_PORT = 65_535;
const MOVE = /^(MOVED|ASK) \d+ (.*):(\d+)$/;

/** @param asked the host that answered: it stands for one that a node does not know of itself */
export function redirectOf(message: string, asked: string): Redirect {
  const [, word, host, port] = MOVE.exec(message) ?? [];
  if (word !== undefined && Number(port) <= HIGHEST_PORT) {
    const to = { host: host === "" || host === undefined ? asked : host, port: Number(port) };
    return { kind: word === "ASK" ? "ask" : "moved", to };
  }
  return { kind: PASSING.has(message.split(" ", 1)[0] ?? "") ? "later" : "none" };
}
