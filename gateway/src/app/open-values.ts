import { type Clock, slotOf, systemClock } from "@keywire/shared";
import { discover } from "../keyspace/discovery.js";
import type { RedisTarget } from "../keyspace/target.js";
import {
  DEFAULT_READ_TIMEOUT,
  PromptExpiry,
  type PromptExpirySettings,
  RedisStore,
  type ValueSettings,
  Values,
} from "../values/index.js";

export type { KeyState, PromptExpiry, Values } from "../values/index.js";

export interface OpenValuesOptions {
  readonly values?: Partial<ValueSettings>;
  readonly promptExpiry?: Partial<PromptExpirySettings>;
  /** How long a read may take, failovers and moving slots included, ms; 5 s where absent. */
  readonly timeout?: number;
  readonly clock?: Clock;
}

export interface OpenValues {
  readonly values: Values;
  readonly promptExpiry: PromptExpiry;
  /** Call it when the topology is known to have changed: reads go to primaries only. */
  refresh(): void;
  close(): void;
}

/** Values of a deployment. Connects when something is read first, once to each primary. */
export function openValues(target: RedisTarget, options: OpenValuesOptions = {}): OpenValues {
  const { clock = systemClock, timeout = DEFAULT_READ_TIMEOUT } = options;
  const locate = () => discover(target, []);
  const sharded = target.kind === "cluster";
  const store = new RedisStore({ credentials: target, sharded, locate, slotOf, clock, timeout });
  const endOfTurn = (task: () => void) => void setImmediate(task);
  const values = new Values({ store, clock, endOfTurn }, options.values);
  const promptExpiry = new PromptExpiry({ store, clock }, options.promptExpiry);
  return {
    values,
    promptExpiry,
    refresh: () => store.refresh(),
    close() {
      promptExpiry.close();
      store.close();
    },
  };
}
