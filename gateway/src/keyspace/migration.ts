import type { Notification } from "./notification.js";
import { slotOf } from "./slot.js";
import type { Topology } from "./topology.js";

/** How long after a sign of a migration `del`s in its slot are looked at twice, ms. */
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

/**
 * Keeps the moving of keys out of what is told as changes. MIGRATE raises `restore` on the target
 * and then `del` on the source: nothing happened to the key, yet a merge of the two nodes' streams
 * ends with "deleted" for a key that lives.
 *
 * - A `restore` on a node that imports the slot, or does not own it, is the move's.
 * - A `del` in a slot that moves is held until the node was asked for the key: it answers ASK or
 *   MOVED where the slot is leaving, and the other side knows whether the key arrived.
 * - So is every `del` of a key that is listened to on its owner alone, since there no `restore`
 *   on another node gives a migration away.
 *
 * What comes of a key while its `del` is held waits behind it, so the order of one key stays.
 */
export class MigrationFilter {
  readonly #port: MigrationPort;
  readonly #held = new Map<string, (() => void)[]>();
  /** Slots that gave a sign of moving, and until when that counts. */
  readonly #suspects = new Map<number, number>();
  /** Keys whose `del` was told lately, in two generations. */
  #told = new Set<string>();
  #toldBefore = new Set<string>();
  #turnedAt = 0;

  constructor(port: MigrationPort) {
    this.#port = port;
  }

  /**
   * @param isExact whether the feed is one key's, subscribed on its owner
   * @param tell tells whoever the notification is for; called now, later, or not at all
   */
  admit(notification: Notification, isExact: boolean, tell: () => void): void {
    const { event } = notification;
    const isMarked = event === "del" || event === "restore";
    if (!isMarked && this.#held.size === 0) {
      tell();
      return;
    }
    const id = `${notification.db}:${notification.key.toString("latin1")}`;
    const waiting = this.#held.get(id);
    if (waiting !== undefined) waiting.push(() => this.admit(notification, isExact, tell));
    else if (!isMarked) tell();
    else this.#judge(notification, isExact, id, tell);
  }

  #judge(notification: Notification, isExact: boolean, id: string, tell: () => void): void {
    const slot = slotOf(notification.key);
    if (notification.event === "restore") {
      if (!this.#isArrival(notification.node, slot, id)) tell();
    } else if (
      this.#held.size < MAX_HELD &&
      (isExact || this.#isSuspect(notification.node, slot))
    ) {
      this.#hold(notification, id, tell);
    } else {
      this.#remember(id);
      tell();
    }
  }

  /** Whether a `restore` is a key's arrival from another node rather than somebody's RESTORE. */
  #isArrival(node: string, slot: number, id: string): boolean {
    const topology = this.#port.topology();
    const isImporting = topology.migrations.some((move) => move.slot === slot && move.to === node);
    if (!isImporting && topology.ownerOf(slot) === node) return false;
    if (!isImporting) this.#port.stale();
    this.#suspects.set(slot, this.#port.now() + SUSPICION);
    // Where the other link was faster, the `del` was told: then what is told last must be the key's life.
    return !this.#wasTold(id);
  }

  #isSuspect(node: string, slot: number): boolean {
    const topology = this.#port.topology();
    if (topology.ownerOf(slot) !== node) return true;
    if (topology.migrations.some((move) => move.slot === slot)) return true;
    const until = this.#suspects.get(slot);
    if (until === undefined) return false;
    if (until > this.#port.now()) return true;
    this.#suspects.delete(slot);
    return false;
  }

  #hold({ node, key }: Notification, id: string, tell: () => void): void {
    this.#held.set(id, []);
    const release = (fate: Fate) => {
      const waiting = this.#held.get(id) ?? [];
      this.#held.delete(id);
      if (fate === "deleted") tell();
      for (const next of waiting) next();
    };
    // An unanswered question must not swallow an event.
    this.#port.fateOf(node, key).then(release, () => release("deleted"));
  }

  #remember(id: string): void {
    this.#turn();
    this.#told.add(id);
  }

  #wasTold(id: string): boolean {
    this.#turn();
    return this.#told.has(id) || this.#toldBefore.has(id);
  }

  /** Forgets what was told more than a generation ago. */
  #turn(): void {
    const now = this.#port.now();
    if (now - this.#turnedAt < 1_000 && this.#told.size < MAX_HELD) return;
    this.#toldBefore = now - this.#turnedAt < 2_000 ? this.#told : new Set();
    this.#told = new Set();
    this.#turnedAt = now;
  }
}
