import type { Redis } from "ioredis";
import { fateOf } from "./fate.js";
import type { Fate } from "./migration.js";
import type { Need } from "./need.js";

/** Where nodes can be asked, those that are ready. */
export interface Controls {
  /** The connection for questions to a node, by its id. */
  control(id: string): Redis | undefined;
  /** The same by `host:port`. */
  controlAt(address: string): Redis | undefined;
}

/** What nodes are asked about single keys, to tell what moved from what changed. */
export class KeyQuestions {
  readonly #controls: Controls;
  readonly #redirected: () => void;

  /** @param redirected told when a node points to another one: the topology is not what it was */
  constructor(controls: Controls, redirected: () => void) {
    this.#controls = controls;
    this.#redirected = redirected;
  }

  /** Whether a node has the key that a need is about; a need of many keys has none. */
  async has(id: string, { interest }: Need): Promise<boolean> {
    const control = this.#controls.control(id);
    if (control === undefined || interest.kind !== "key" || interest.db !== 0) return false;
    return (await control.object("ENCODING", Buffer.from(interest.bytes))) !== null;
  }

  /**
   * What became of a key that a node told a `del` of.
   *
   * @throws Error where the node, or the one that it points to, does not answer
   */
  async fateOf(id: string, key: Buffer): Promise<Fate> {
    const control = this.#controls.control(id);
    if (control === undefined) throw new Error(`node ${id} is not connected`);
    return fateOf(control, key, (address) => {
      this.#redirected();
      return this.#controls.controlAt(address);
    });
  }
}
