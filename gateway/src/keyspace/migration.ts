import type { Notification } from "./notification.js";
import { Sightings } from "./sightings.js";
import { slotOf } from "./slot.js";
import type { Topology } from "./topology.js";

/** How long after a sign of a migration a `restore` in its slot is taken for the move's, ms. */
const SUSPICION = 3_000;
/** Keys held back at once; past it they are told as they come. */
const MAX_HELD = 10_000;

/** What became of a key that a node told a `del` of. */
export type Fate = "deleted" | "moved";

export interface MigrationPort {
  topology(): Topology;
  now(): number;
  /** Asks the node, and where it points elsewhere that one, whether the key lives on. */
  fateOf(node: string, key: Buffer): Promise<Fate>;
  /** Something shows that the topology is not what it was. */
  stale(): void;
}

/** A `del` that waits for an answer, and what came of its key meanwhile. */
interface Held {
  readonly node: string;
  readonly waiting: (() => void)[];
  /** The key's `restore` on another node came: it moved, whatever the answer. */
  arrived: boolean;
}

/**
 * Keeps the moving of keys out of what is told as changes. MIGRATE raises `restore` on the target
 * and then `del` on the source: nothing happened to the key, yet a merge of the two nodes' streams
 * ends with "deleted" for a key that lives.
 *
 * - A `restore` and a `del` of one key on two nodes are a move, whichever link is read first.
 * - A `restore` on a node that imports the slot, or does not own it, is the move's; so is one in a
 *   slot that lately gave a sign of moving, as where it comes back before anybody looked.
 * - Every other `del` is held until the node was asked for the key: it answers ASK or MOVED where the
 *   slot is leaving, and the other side knows whether the key arrived. There may be no other sign: a
 *   slot may move between two looks, and the target's link may be the slower one.
 *
 * What comes of a key while its `del` is held waits behind it, so the order of one key stays.
 */
export class MigrationFilter {
  readonly #port: MigrationPort;
  readonly #held = new Map<string, Held>();
  /** Slots that gave a sign of moving, and until when that counts. */
  readonly #suspects = new Map<number, number>();
  /** Keys of which a `restore` was taken for a move's: the `del` is still to come. */
  readonly #arrived = new Sightings();
  /** Keys of which a `del` was taken for a move's: the `restore` is still to come. */
  readonly #departed = new Sightings();

  constructor(port: MigrationPort) {
    this.#port = port;
  }

  /** @param tell tells whoever the notification is for; called now, later, or not at all */
  admit(notification: Notification, tell: () => void): void {
    const { event, node } = notification;
    const isMarked = event === "del" || event === "restore";
    if (!isMarked && this.#held.size === 0) {
      tell();
      return;
    }
    const id = `${notification.db}:${notification.key.toString("latin1")}`;
    const held = this.#held.get(id);
    if (held !== undefined && event === "restore" && held.node !== node && !held.arrived) {
      held.arrived = true;
      this.#suspect(notification);
    } else if (held !== undefined) {
      held.waiting.push(() => this.admit(notification, tell));
    } else if (event === "restore") {
      if (!this.#isArrival(notification, id)) tell();
    } else if (event === "del") {
      this.#judge(notification, id, tell);
    } else {
      tell();
    }
  }

  /** @param tell called when nothing is held back any more that is now */
  barrier(tell: () => void): void {
    let left = this.#held.size;
    if (left === 0) {
      tell();
      return;
    }
    const pass = () => {
      left--;
      if (left === 0) tell();
    };
    for (const id of [...this.#held.keys()]) this.#passBehind(id, pass);
  }

  /** What waits for a key may be held back itself, so that the key is held once more. */
  #passBehind(id: string, pass: () => void): void {
    const held = this.#held.get(id);
    if (held === undefined) pass();
    else held.waiting.push(() => this.#passBehind(id, pass));
  }

  #judge(notification: Notification, id: string, tell: () => void): void {
    if (this.#arrived.takeElsewhere(id, notification.node, this.#port.now())) return;
    if (this.#held.size < MAX_HELD) this.#hold(notification, id, tell);
    else tell();
  }

  #isArrival(notification: Notification, id: string): boolean {
    const { node, key } = notification;
    const now = this.#port.now();
    if (this.#departed.takeElsewhere(id, node, now)) {
      this.#suspect(notification);
      return true;
    }
    const slot = slotOf(key);
    const topology = this.#port.topology();
    const isImporting = topology.migrations.some((move) => move.slot === slot && move.to === node);
    const isForeign = topology.ownerOf(slot) !== node;
    if (!isImporting && !isForeign && !this.#isSuspect(slot)) return false;
    if (!isImporting && isForeign) this.#port.stale();
    this.#suspect(notification);
    this.#arrived.note(id, node, now);
    return true;
  }

  #suspect({ key }: Notification): void {
    this.#suspects.set(slotOf(key), this.#port.now() + SUSPICION);
  }

  #isSuspect(slot: number): boolean {
    const until = this.#suspects.get(slot);
    if (until === undefined) return false;
    if (until > this.#port.now()) return true;
    this.#suspects.delete(slot);
    return false;
  }

  #hold(notification: Notification, id: string, tell: () => void): void {
    const { node, key } = notification;
    const held: Held = { node, waiting: [], arrived: false };
    this.#held.set(id, held);
    const release = (fate: Fate) => {
      this.#held.delete(id);
      if (fate === "moved") this.#suspect(notification);
      if (fate === "moved" && !held.arrived) this.#departed.note(id, node, this.#port.now());
      if (fate === "deleted" && !held.arrived) tell();
      for (const next of held.waiting) next();
    };
    // An unanswered question must not swallow an event.
    this.#port.fateOf(node, key).then(release, () => release("deleted"));
  }
}
