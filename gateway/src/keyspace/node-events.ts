import { type Clock, WireError } from "@keywire/shared";
import type { Coverage } from "./coverage.js";
import type { Delivery } from "./delivery.js";
import type { Doubts } from "./doubts.js";
import type { Lookout } from "./lookout.js";
import { MARKS_CHANNEL } from "./marks.js";
import type { MemberEvents } from "./member.js";
import type { Members } from "./members.js";
import type { Feed } from "./need.js";
import type { NodePort } from "./node-feeds.js";
import type { Gap } from "./notification.js";
import { isRefusal } from "./notify.js";
import { type Refusals, refusalOf } from "./refusals.js";
import type { Report } from "./report.js";
import { NodeStream } from "./stream.js";

/** Whom it concerns what a node's connections tell. */
export interface Concerned {
  readonly coverage: Coverage;
  readonly delivery: Delivery;
  readonly doubts: Doubts;
  readonly refusals: Refusals;
  readonly lookout: Lookout;
  readonly members: Members;
  readonly report: Report;
}

/** What follows from what each node's connections tell. */
export class NodeEvents {
  readonly #clock: Clock;
  readonly #isCluster: boolean;
  readonly #concerned: Concerned;

  constructor(clock: Clock, isCluster: boolean, concerned: Concerned) {
    this.#clock = clock;
    this.#isCluster = isCluster;
    this.#concerned = concerned;
  }

  of(id: string): MemberEvents {
    const { coverage, delivery, doubts, lookout } = this.#concerned;
    const stream = new NodeStream(id, this.#isCluster);
    return {
      up: (port) => this.#up(id, stream, port),
      down: (lastGood, cause) => this.#down(id, lastGood, cause),
      acknowledged: (feed) => this.#acknowledged(id, stream, feed),
      refused: (feed, error) => this.#refused(id, feed, error),
      message: (feed, said, at) => delivery.receive(stream, id, feed, said, at),
      marked: (mark) => {
        const fence = stream.mark(mark);
        if (fence === undefined) return;
        delivery.fence({ node: id, id: fence.id, kind: "raised", note: fence.note });
      },
      unmarked: (error) => this.#unmarked(id, error),
      unwatched: ({ message }) => {
        this.#concerned.report({ event: "refused", node: id, message });
      },
      answered: () => stream.calm(),
      flushed: (lastGood) => this.#tellGap(id, "flushed", lastGood),
      doubted: () => {
        doubts.raise(id, this.#clock.now());
        lookout.soon();
      },
      slotLost: (slot, heldSince) => {
        coverage.slotLost(id, slot, heldSince);
        // Who has it now is not listened to yet, or it is back already.
        lookout.soon();
      },
      resumed: (lastGood) => this.#tellGap(id, "resubscribed", lastGood),
    };
  }

  #up(id: string, stream: NodeStream, port: NodePort): void {
    const { coverage, delivery, lookout, members, report } = this.#concerned;
    report({ event: "node_up", node: id, message: "the node is listened to" });
    const refused = ({ message }: Error) => report({ event: "refused", node: id, message });
    members.wantOf(id).catch(refused);
    delivery.fence({ node: id, id: stream.begin(), kind: "link", note: "" });
    coverage.nodeUp(id, port);
    // What it may have told before it is heard is known the sooner, the less of it there is.
    lookout.soon();
  }

  #down(id: string, lastGood: number, cause: string): void {
    const { coverage, doubts, lookout, refusals, report } = this.#concerned;
    report({ event: "node_down", node: id, message: cause });
    refusals.forget(id);
    coverage.nodeDown(id, Math.min(lastGood, doubts.forget(id)));
    lookout.soon();
  }

  #acknowledged(id: string, stream: NodeStream, feed: Feed): void {
    const { coverage, lookout, refusals } = this.#concerned;
    stream.cut();
    refusals.acknowledged(id, feed);
    coverage.acknowledged(id, feed);
    // That nothing was written there before is known by a look from now on.
    if (this.#isApproaching(feed, id)) lookout.soon();
  }

  /** The feed's slot is on its way to the node, which nobody asks for its keys yet. */
  #isApproaching({ slot }: Feed, id: string): boolean {
    const { migrations } = this.#concerned.coverage.topology;
    return migrations.some((move) => move.slot === slot && move.to === id && !move.isAsking);
  }

  #refused(id: string, feed: Feed, error: Error): void {
    const { coverage, refusals, report } = this.#concerned;
    refusals.add(id, feed, error);
    const message = refusalOf(feed, error);
    report({ event: "refused", node: id, message });
    // Only what the server itself said is its last word; others may be better off in a moment.
    const code = isRefusal(error) ? "forbidden" : "unavailable";
    coverage.refused(id, feed, error instanceof WireError ? error : new WireError(code, message));
  }

  #unmarked(id: string, { message }: Error): void {
    const lost = "so what libraries write cannot be told from what others do";
    const text = `Redis refuses subscribe ${MARKS_CHANNEL}, ${lost}: ${message}`;
    this.#concerned.report({ event: "refused", node: id, message: text });
  }

  #tellGap(id: string, reason: Gap["reason"], from: number): void {
    const { coverage, report } = this.#concerned;
    const event = reason === "flushed" ? "flushed" : "notifications_mended";
    report({ event, node: id, message: "events may be missing" });
    const gap = { reason, from, to: this.#clock.now() };
    for (const need of coverage.servedOn(id)) need.tellGap(gap);
  }
}
