import { type Clock, type Interest, WireError } from "@keywire/shared";
import type { Coverage } from "./coverage.js";
import { Need, needId } from "./need.js";
import type { Listener } from "./notification.js";
import type { FeedPlan } from "./plan.js";
import type { Refusals } from "./refusals.js";

/** ms a subscription may take to be acknowledged before it is given up. */
const SUBSCRIBE_TIMEOUT = 5_000;

export interface Subscription {
  /** Stops telling the listener; the last one's leaving unsubscribes in Redis. */
  unsubscribe(): Promise<void>;
}

/** What stands in the way of being told. */
export interface Obstacles {
  /** Why a node would never send, where that is so. */
  readonly fault: WireError | undefined;
  /** Why not everything is told, a sentence each. */
  problems(): string[];
}

/** Who listens to what: equal interests are one need, which lives as long as it has a listener. */
export class Subscriptions {
  readonly #plan: FeedPlan;
  readonly #coverage: Coverage;
  readonly #refusals: Refusals;
  readonly #obstacles: Obstacles;
  readonly #clock: Clock;
  readonly #needs = new Map<string, Need>();
  /** Ends one that waits to be acknowledged. */
  readonly #waiting = new Set<() => void>();

  constructor(
    plan: FeedPlan,
    coverage: Coverage,
    refusals: Refusals,
    obstacles: Obstacles,
    clock: Clock,
  ) {
    this.#plan = plan;
    this.#coverage = coverage;
    this.#refusals = refusals;
    this.#obstacles = obstacles;
    this.#clock = clock;
  }

  /**
   * Resolves when the listener is told of every matching event; one that cannot be has left again.
   *
   * @throws WireError `notifications_disabled` where a node would never send, `unavailable` where no
   *   node acknowledged in time, `forbidden` where Redis does not let the gateway subscribe
   */
  async add(interest: Interest, listener: Listener): Promise<Subscription> {
    const need = this.#needFor(interest);
    need.listen(listener);
    try {
      await this.#served(need);
    } catch (error) {
      this.#leave(need, listener);
      throw error;
    }
    return {
      unsubscribe: async () => this.#leave(need, listener),
    };
  }

  /** Nothing more will be acknowledged: those who wait for that are refused. */
  close(): void {
    for (const end of this.#waiting) end();
  }

  #needFor(interest: Interest): Need {
    const known = this.#needs.get(needId(interest));
    if (known !== undefined) return known;
    const need = new Need(interest);
    this.#needs.set(need.id, need);
    this.#coverage.apply(this.#plan.add(need));
    return need;
  }

  #leave(need: Need, listener: Listener): void {
    need.unlisten(listener);
    if (need.isListenedTo || this.#needs.get(need.id) !== need) return;
    this.#needs.delete(need.id);
    this.#coverage.remove(need, this.#plan.remove(need));
    this.#refusals.prune((feed) => this.#plan.has(feed));
  }

  async #served(need: Need): Promise<void> {
    const { fault } = this.#obstacles;
    if (fault !== undefined) throw fault;
    const outcome = await this.#wait(need);
    if (outcome === "late" && !this.#coverage.isServedAnywhere(need)) throw this.#unavailable();
    // A node that is down now will be heard again later: what it raised meanwhile is a gap.
    this.#coverage.noteAbsences(need);
  }

  #wait(need: Need): Promise<"served" | "late"> {
    return new Promise((resolve, reject) => {
      let cancel = () => {};
      const settle = (then: () => void) => {
        timer.cancel();
        cancel();
        this.#waiting.delete(end);
        then();
      };
      const end = () => settle(() => reject(closed()));
      const timer = this.#clock.after(SUBSCRIBE_TIMEOUT, () => settle(() => resolve("late")));
      this.#waiting.add(end);
      cancel = this.#coverage.whenServed(need, {
        served: () => settle(() => resolve("served")),
        refused: (fault) => settle(() => reject(fault)),
      });
    });
  }

  #unavailable(): WireError {
    const why =
      this.#obstacles.problems().join("; ") || "it did not acknowledge the subscription in time";
    return new WireError("unavailable", `Redis cannot be listened to just now: ${why}`);
  }
}

export function closed(): WireError {
  return new WireError("unavailable", "the keyspace is closed");
}
