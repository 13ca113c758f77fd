import type { EventTail } from "./event-text.js";
import type { KeyState, Notification } from "./ports.js";

/** Events of one key that one message stands for. */
export interface Merged {
  /** The last of them. */
  readonly notification: Notification;
  /** What is the same of its message on all channels. */
  readonly tail: EventTail;
  readonly count: number;
  /** When the first of them came, ms since the Unix epoch. */
  readonly since: number;
}

export interface PendingValuesPort {
  /** What the key holds, as of a moment after the call. */
  read(notification: Notification): Promise<KeyState>;
  /** Have `launch` called at the end of this turn, and `takeUnread`. */
  due(): void;
  /**
   * The event is to be told.
   *
   * @param state undefined where it could not be read: `failed` is told why, and something is missing
   */
  landed(merged: Merged, state: KeyState | undefined): void;
  failed(error: unknown): void;
}

interface Key {
  flying: Merged | undefined;
  next: Merged | undefined;
}

/**
 * A channel's events on their way to their values. A key is read once at a time: what happens to it
 * meanwhile is merged, the last event named, and read when the reading under way has landed. So a
 * hot key costs a read per round trip, however often it changes.
 *
 * Bound: one entry per key that changed within a round trip, however often; the readers' own queue
 * bounds their number.
 */
export class PendingValues {
  readonly #port: PendingValuesPort;
  readonly #keys = new Map<string, Key>();
  #launchable: Key[] = [];
  #unreadSince: number | undefined;
  #state: "open" | "closed" = "open";

  constructor(port: PendingValuesPort) {
    this.#port = port;
  }

  add(notification: Notification, tail: EventTail): void {
    const id = keyId(notification);
    const key = this.#keys.get(id);
    if (key === undefined) {
      const since = notification.receivedAt;
      const first: Key = { flying: undefined, next: { notification, tail, count: 1, since } };
      this.#keys.set(id, first);
      this.#launchable.push(first);
      if (this.#launchable.length === 1) this.#port.due();
    } else {
      const { count = 0, since = notification.receivedAt } = key.next ?? {};
      key.next = { notification, tail, count: count + 1, since };
    }
  }

  /** Since when there are events whose values have not come, ms since the Unix epoch. */
  get since(): number | undefined {
    let since: number | undefined;
    for (const { flying, next } of this.#keys.values()) {
      const one = flying?.since ?? next?.since;
      if (one !== undefined && (since === undefined || one < since)) since = one;
    }
    return since;
  }

  /** Asks for the values of all keys that changed in this turn. */
  launch(): void {
    const keys = this.#launchable;
    this.#launchable = [];
    for (const key of keys) this.#fly(key);
  }

  /** Since when there were events whose values could not be read, ms since the Unix epoch; of each once. */
  takeUnread(): number | undefined {
    const since = this.#unreadSince;
    this.#unreadSince = undefined;
    return since;
  }

  /** What still flies lands nowhere. */
  close(): void {
    this.#state = "closed";
    this.#keys.clear();
    this.#launchable = [];
  }

  #fly(key: Key): void {
    const merged = key.next;
    if (merged === undefined) return;
    key.flying = merged;
    key.next = undefined;
    this.#port.read(merged.notification).then(
      (state) => this.#land(key, merged, state),
      (error) => {
        if (this.#state === "open") this.#port.failed(error);
        this.#land(key, merged, undefined);
      },
    );
  }

  #land(key: Key, merged: Merged, state: KeyState | undefined): void {
    if (this.#state === "closed") return;
    key.flying = undefined;
    if (key.next === undefined) this.#keys.delete(keyId(merged.notification));
    this.#port.landed(merged, state);
    if (state === undefined) this.#noteUnread(merged.since);
    this.#fly(key);
  }

  #noteUnread(since: number): void {
    this.#unreadSince = Math.min(since, this.#unreadSince ?? since);
    this.#port.due();
  }
}

function keyId({ db, latin1 }: Notification): string {
  return `${db}:${latin1}`;
}
