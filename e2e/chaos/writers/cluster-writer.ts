import { setTimeout as pause } from "node:timers/promises";
import type { RedisNode } from "../../support/index.js";
import { slotOf } from "../../support/index.js";
import type { Line } from "../record.js";
import { NodeDoor, type Outcome } from "./door.js";
import type { Ledger } from "./ledger.js";
import type { Operation } from "./operations.js";

/** ms until a command that nobody took is tried again */
const RETRY_DELAY = 50;

export interface Deployment {
  readonly nodes: readonly RedisNode[];
  /** The node that a redirection names by the port it announces. */
  nodeAt(announcedPort: number): RedisNode | undefined;
}

interface Place {
  readonly door: NodeDoor;
  readonly asking: boolean;
}

/** Writes to the cluster, follows MOVED and ASK, and logs each event. */
export class ClusterWriter {
  readonly #deployment: Deployment;
  readonly #ledger: Ledger;
  readonly #doors: readonly NodeDoor[];
  readonly #owners = new Map<number, NodeDoor>();
  #next = 0;
  #state: "open" | "closed" = "open";

  constructor(deployment: Deployment, ledger: Ledger) {
    this.#deployment = deployment;
    this.#ledger = ledger;
    this.#doors = deployment.nodes.map((node) => new NodeDoor(node));
  }

  /**
   * Until somebody has done it, or may have; resolves at once where the writer is closed.
   *
   * @returns the lines it made: none where it changed nothing
   */
  async write(operation: Operation, key: string): Promise<readonly Line[]> {
    let place: Place = { door: this.#owners.get(slotOf(key)) ?? this.#another(), asking: false };
    while (this.#state === "open") {
      // A refusal did nothing: what counts is when the attempt began that was the last.
      const before = Date.now();
      const outcome = await place.door.send(operation.command, operation.args(key), place.asking);
      const lines = this.#linesOf(outcome, operation, key, before);
      if (lines !== undefined) return lines;
      const next = this.#redirected(outcome, key);
      if (next === undefined) await pause(RETRY_DELAY);
      place = next ?? { door: this.#another(), asking: false };
    }
    return [];
  }

  close(): void {
    this.#state = "closed";
    for (const door of this.#doors) door.close();
  }

  /** Undefined where nobody has done it yet. */
  #linesOf(outcome: Outcome, operation: Operation, key: string, before: number) {
    switch (outcome.kind) {
      case "answered":
        return this.#ledger.add("raised", key, operation.raises(outcome.reply), before);
      case "unknown":
        return this.#ledger.add("maybe", key, operation.may, before);
      default:
        return undefined;
    }
  }

  #redirected(outcome: Outcome, key: string): Place | undefined {
    const { kind, port } = redirectionOf(outcome) ?? {};
    const node = port === undefined ? undefined : this.#deployment.nodeAt(port);
    const door = this.#doors.find((candidate) => candidate.node === node);
    if (door === undefined) return undefined;
    if (kind === "MOVED") this.#owners.set(slotOf(key), door);
    return { door, asking: kind === "ASK" };
  }

  /** Each in turn: one of them knows. */
  #another(): NodeDoor {
    const door = this.#doors[this.#next++ % this.#doors.length];
    if (door === undefined) throw new Error("a cluster has nodes");
    return door;
  }
}

function redirectionOf(outcome: Outcome): { kind: string; port: number } | undefined {
  if (outcome.kind !== "refused") return undefined;
  const match = /^(MOVED|ASK) \d+ \S*:(\d+)$/.exec(outcome.error);
  return match ? { kind: match[1] ?? "", port: Number(match[2]) } : undefined;
}
