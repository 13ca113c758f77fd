import type { GapReason, Interest } from "@keywire/shared";
import type { Notification, Source, SourceListener, SourceSubscription } from "../ports.js";

/** One call of `subscribe`, to be answered by the test. */
export interface FakeSubscription {
  readonly interest: Interest;
  readonly listener: SourceListener;
  /** `letting go` is asked to unsubscribe and has not answered. */
  state: "asked" | "live" | "refused" | "letting go" | "gone";
  acknowledge(): void;
  refuse(error: unknown): void;
  /** Answers the unsubscribe: with success, or with an error. */
  letGo(error?: unknown): void;
}

/** A source that answers when the test says so, and holds the hub to the port's rules. */
export class FakeSource implements Source {
  readonly subscriptions: FakeSubscription[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  subscribe(interest: Interest, listener: SourceListener): Promise<SourceSubscription> {
    return new Promise((resolve, reject) => {
      let released: { resolve(): void; reject(error: unknown): void } | undefined;
      const subscription: FakeSubscription = {
        interest,
        listener,
        state: "asked",
        acknowledge() {
          subscription.state = "live";
          resolve({ unsubscribe: () => unsubscribe() });
        },
        refuse(error) {
          subscription.state = "refused";
          reject(error);
        },
        letGo(error) {
          subscription.state = "gone";
          if (error === undefined) released?.resolve();
          else released?.reject(error);
        },
      };
      const unsubscribe = () => {
        if (subscription.state !== "live")
          throw new Error(`unsubscribed while ${subscription.state}`);
        subscription.state = "letting go";
        return new Promise<void>((done, failed) => {
          released = { resolve: done, reject: failed };
        });
      };
      this.subscriptions.push(subscription);
    });
  }

  /** The newest call of `subscribe`. */
  get newest(): FakeSubscription {
    const newest = this.subscriptions.at(-1);
    if (newest === undefined) throw new Error("nobody has subscribed yet");
    return newest;
  }

  in(state: FakeSubscription["state"]): FakeSubscription[] {
    return this.subscriptions.filter((subscription) => subscription.state === state);
  }

  /** Tells an event on all that the source serves. */
  tell(
    event: string,
    key: string | Uint8Array,
    receivedAt = this.#now(),
    origin: string | undefined = undefined,
  ): void {
    const notification = { ...notificationOf(event, key, receivedAt), origin };
    for (const { state, listener } of this.subscriptions) {
      listener.lookAhead?.();
      if (state === "live" || state === "letting go") listener.notification(notification);
    }
  }

  /** Tells that events may be missing on all that the source serves. */
  gap(reason: GapReason): void {
    const gap = { reason, from: this.#now() - 1_000, to: this.#now() };
    for (const { state, listener } of this.subscriptions) if (state === "live") listener.gap(gap);
  }
}

export function notificationOf(
  event: string,
  key: string | Uint8Array,
  receivedAt = 0,
): Notification {
  const bytes = typeof key === "string" ? new TextEncoder().encode(key) : key;
  const latin1 = Buffer.from(bytes).toString("latin1");
  const isPlain = /^[ !#-[\]-~]*$/.test(latin1);
  return { node: "127.0.0.1:6379", db: 0, key: bytes, latin1, isPlain, event, receivedAt };
}
