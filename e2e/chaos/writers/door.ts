import { Redis } from "ioredis";
import type { RedisNode } from "../../support/index.js";

/** ms until an answer is given up: a stopped server gives none. */
const ANSWER_TIMEOUT = 1_500;
/** ms between two attempts to connect */
const RECONNECT_DELAY = 100;

/** How a command ended: with an answer, with a refusal that did nothing, or nobody knows how. */
export type Outcome =
  | { readonly kind: "answered"; readonly reply: unknown }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "unsent" | "unknown" };

/** The writers' own connection to one node, straight to it, whatever the proxies do. */
export class NodeDoor {
  readonly node: RedisNode;
  readonly #redis: Redis;
  /** Given up: a server that stopped must not be sent more, nor its late answers be taken for others. */
  #state: "usable" | "given up" = "usable";

  constructor(node: RedisNode) {
    this.node = node;
    this.#redis = new Redis({
      host: node.host,
      port: node.port,
      commandTimeout: ANSWER_TIMEOUT,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => RECONNECT_DELAY,
    });
    // That a node is down is what this is about; each command's outcome says so.
    this.#redis.on("error", () => {});
    this.#redis.on("ready", () => {
      this.#state = "usable";
    });
  }

  async send(
    command: string,
    args: readonly (string | number)[],
    asking: boolean,
  ): Promise<Outcome> {
    if (this.#redis.status !== "ready" || this.#state === "given up") return { kind: "unsent" };
    try {
      const asked = asking ? this.#redis.call("ASKING") : Promise.resolve();
      const [reply] = await Promise.all([this.#redis.call(command, ...args), asked]);
      return { kind: "answered", reply };
    } catch (error) {
      return this.#outcomeOf(error);
    }
  }

  close(): void {
    this.#redis.disconnect();
  }

  #outcomeOf(error: unknown): Outcome {
    if (error instanceof Error && error.name === "ReplyError") {
      return { kind: "refused", error: error.message };
    }
    if (this.#state === "usable" && this.#redis.status === "ready") {
      this.#state = "given up";
      this.#redis.disconnect(true);
    }
    return { kind: "unknown" };
  }
}
