import type { Clock } from "@keywire/shared";
import type { Fence } from "../ports.js";

/** How long an event may be held back, ms, as it is looked whether its key was moved. */
const HOLDING = 600;

export interface HoldingPorts {
  readonly clock: Pick<Clock, "after">;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Runs what a gateway does, where it can. */
  readonly whenAwake: (task: () => void) => void;
  readonly passed: (fence: Fence) => void;
}

/**
 * Holds back some of what a node tells, as a gateway does that looks whether keys were moved: events of
 * one key stay in their order, and a fence is passed behind what was told before it.
 */
export class Holding {
  readonly #ports: HoldingPorts;
  readonly #held = new Map<string, (() => void)[]>();
  /** Fences that were raised, and the keys of which something before them is held back. */
  readonly #passing: { readonly fence: Fence; readonly behind: Set<string> }[] = [];

  constructor(ports: HoldingPorts) {
    this.#ports = ports;
  }

  /** @param share how many events are held back, from 0 to 1 */
  tell(key: string, share: number, tell: () => void): void {
    const held = this.#held.get(key);
    if (held !== undefined) held.push(tell);
    else if (this.#ports.random() < share) this.#hold(key, tell);
    else tell();
  }

  fence(fence: Fence): void {
    this.#passing.push({ fence, behind: new Set(this.#held.keys()) });
    this.#pass();
  }

  #hold(key: string, tell: () => void): void {
    const held = [tell];
    this.#held.set(key, held);
    this.#ports.clock.after(this.#ports.random() * HOLDING, () => {
      this.#ports.whenAwake(() => {
        this.#held.delete(key);
        for (const tell of held) tell();
        for (const { behind } of this.#passing) behind.delete(key);
        this.#pass();
      });
    });
  }

  #pass(): void {
    while (this.#passing[0]?.behind.size === 0) {
      const { fence } = this.#passing.shift() ?? {};
      if (fence !== undefined) this.#ports.passed(fence);
    }
  }
}
