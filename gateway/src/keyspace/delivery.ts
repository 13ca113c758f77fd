import type { Coverage } from "./coverage.js";
import type { Doubts } from "./doubts.js";
import type { ParsedNotification } from "./grammar.js";
import type { MigrationFilter } from "./migration.js";
import type { Feed } from "./need.js";
import type { Fence, FenceListener } from "./notification.js";
import type { NodeStream } from "./stream.js";

/**
 * Brings what nodes tell to those it is for, in each node's order: at once, or behind what it has to
 * wait for in a cluster, where a node may be in doubt and a key may have moved rather than changed.
 */
export class Delivery {
  readonly #coverage: Coverage;
  readonly #doubts: Doubts;
  readonly #migrations: MigrationFilter | undefined;
  readonly #fenceListeners = new Set<FenceListener>();

  /** @param migrations absent where keys cannot move: nothing waits then */
  constructor(coverage: Coverage, doubts: Doubts, migrations: MigrationFilter | undefined) {
    this.#coverage = coverage;
    this.#doubts = doubts;
    this.#migrations = migrations;
  }

  /** A message came on a feed of a node, whose stream it stands in, at that moment. */
  receive(
    stream: NodeStream,
    node: string,
    feed: Feed,
    said: ParsedNotification,
    at: number,
  ): void {
    const telling = stream.read(feed, said, at);
    const { notification } = telling;
    if (this.#migrations === undefined || telling.isTold) {
      this.#coverage.route(node, feed, said, (need) => need.tell(notification));
      return;
    }
    // Who is served by the feed is a matter of the message's place in the stream, so it is asked now.
    const isAdmitted = telling.needs !== undefined;
    this.#coverage.route(node, feed, said, (need) => {
      telling.needs ??= [];
      telling.needs.push(need);
    });
    if (isAdmitted || telling.needs === undefined) return;
    this.#doubts.pass(node, () => {
      this.#migrations?.admit(notification, () => {
        telling.isTold = true;
        for (const need of telling.needs ?? []) need.tell(notification);
      });
    });
  }

  /** A fence came: it is passed when nothing that stands before it is held back any more. */
  fence(fence: Fence): void {
    for (const listener of this.#fenceListeners) listener.raised(fence);
    const passed = () => {
      for (const listener of this.#fenceListeners) listener.passed(fence);
    };
    if (this.#migrations === undefined) passed();
    else this.#doubts.pass(fence.node, () => this.#migrations?.barrier(passed));
  }

  /** @returns stops listening */
  listenToFences(listener: FenceListener): () => void {
    this.#fenceListeners.add(listener);
    return () => this.#fenceListeners.delete(listener);
  }
}
