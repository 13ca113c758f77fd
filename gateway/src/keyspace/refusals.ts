import { feedName } from "./feed.js";
import type { Feed } from "./need.js";
import { isRefusal } from "./notify.js";

/** What nodes refuse to be subscribed to: each until it is acknowledged after all, or its node is gone. */
export class Refusals {
  readonly #byNode = new Map<string, Map<Feed, Error>>();

  add(node: string, feed: Feed, error: Error): void {
    const known = this.#byNode.get(node) ?? new Map<Feed, Error>();
    this.#byNode.set(node, known.set(feed, error));
  }

  acknowledged(node: string, feed: Feed): void {
    this.#byNode.get(node)?.delete(feed);
  }

  /** The node is not listened to any more. */
  forget(node: string): void {
    this.#byNode.delete(node);
  }

  /** Forgets what nobody wants any more. */
  prune(isWanted: (feed: Feed) => boolean): void {
    for (const refused of this.#byNode.values()) {
      for (const feed of refused.keys()) if (!isWanted(feed)) refused.delete(feed);
    }
  }

  /** The nodes that refuse something. */
  nodes(): string[] {
    return [...this.#byNode].filter(([, { size }]) => size > 0).map(([node]) => node);
  }

  /** What is refused and why, a sentence each. */
  reasons(): string[] {
    const refused = [...this.#byNode.values()].flatMap((feeds) => [...feeds]);
    return [...new Set(refused.map(([feed, error]) => refusalOf(feed, error)))];
  }
}

/** What Redis said to a subscription, as a sentence. */
export function refusalOf(feed: Feed, error: Error): string {
  const what = isRefusal(error) ? "refuses" : "does not take";
  return `Redis ${what} ${feed.kind} ${feedName(feed)}: ${error.message}`;
}
