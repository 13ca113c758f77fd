import type { Clock } from "@keywire/shared";
import type { CommanderPorts, Endpoint, Whereabouts } from "./ports.js";

/** ms from one look at the deployment to the next at the least */
const LOOK_PAUSE = 20;

export interface Node {
  readonly id: string;
  readonly endpoint: Endpoint;
}

export interface DeploymentPorts extends Pick<CommanderPorts, "sharded" | "locate"> {
  readonly clock: Clock;
  /** Told after each look. */
  readonly looked: (where: Whereabouts, isFirst: boolean) => void;
}

/** The primaries and what they own, as they were when somebody looked last. */
export class Deployment {
  readonly #ports: DeploymentPorts;
  #where: Whereabouts | undefined;
  #looking: Promise<Whereabouts> | undefined;
  #lookedAt = 0;
  #problem = "the Redis nodes have not been looked for yet";

  constructor(ports: DeploymentPorts) {
    this.#ports = ports;
  }

  /** Undefined until somebody has looked. */
  get where(): Whereabouts | undefined {
    return this.#where;
  }

  /**
   * The node for a slot, or for anything where that is undefined.
   *
   * @param wanted the id of the node that it is to be, whatever the slot
   * @returns the node, or why there is none
   */
  nodeFor(slot: number | undefined, wanted?: string): Node | string {
    if (this.#where === undefined) return this.#problem;
    const { primaries } = this.#where;
    const [any] = primaries.keys();
    const id = wanted ?? (slot === undefined ? any : this.ownerOf(this.#where, slot));
    const endpoint = primaries.get(id ?? "");
    if (id !== undefined && endpoint !== undefined) return { id, endpoint };
    return slot === undefined ? "no primary is known" : `no primary owns slot ${slot}`;
  }

  ownerOf(where: Whereabouts, slot: number): string | undefined {
    if (this.#ports.sharded) return where.ownerOf(slot);
    const [only] = where.primaries.keys();
    return only;
  }

  /** Undefined where no primary is known there. */
  idOf({ host, port }: Endpoint): string | undefined {
    for (const [id, endpoint] of this.#where?.primaries ?? []) {
      if (endpoint.host === host && endpoint.port === port) return id;
    }
    return undefined;
  }

  /** Looks again, or waits for the look that is under way. @throws Error where nobody answers */
  look(): Promise<Whereabouts> {
    this.#looking ??= this.#lookSoon().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks from now on: a look that is under way may have seen what was before. */
  async lookAfresh(): Promise<void> {
    await this.#looking?.catch(() => {});
    await this.look();
  }

  /** A storm of MOVED must not become one of looks. */
  async #lookSoon(): Promise<Whereabouts> {
    const { clock, locate, looked } = this.#ports;
    const pause = this.#lookedAt + LOOK_PAUSE - clock.now();
    if (pause > 0) await new Promise<void>((resolve) => clock.after(pause, resolve));
    this.#lookedAt = clock.now();
    const isFirst = this.#where === undefined;
    try {
      this.#where = await locate();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
    looked(this.#where, isFirst);
    return this.#where;
  }
}
