import type { Interest } from "@keywire/shared";
import type { Event, Source, SourceListener, SourceSubscription } from "./ports.js";

/** What the group is subscribed to at the source. */
export class Interests<E extends Event> {
  readonly #source: Source<E>;
  readonly #listener: SourceListener<E>;
  #held = new Map<string, SourceSubscription>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(source: Source<E>, listener: SourceListener<E>) {
    this.#source = source;
    this.#listener = listener;
  }

  /**
   * Takes the place of what was asked for before: subscribes what is new, and then lets go of the
   * rest. Where something is refused nothing changes.
   *
   * @returns whether anything was new
   */
  replace(interests: readonly Interest[]): Promise<boolean> {
    const replaced = this.#last.then(() => this.#replace(interests));
    this.#last = replaced.catch(() => {});
    return replaced;
  }

  async #replace(interests: readonly Interest[]): Promise<boolean> {
    const wanted = new Map(interests.map((interest) => [idOf(interest), interest]));
    const missing = [...wanted].filter(([id]) => !this.#held.has(id));
    const asked = await Promise.allSettled(
      missing.map(async ([id, interest]) => {
        const subscription = await this.#source.subscribe(interest, this.#listener);
        return [id, subscription] as const;
      }),
    );
    const got = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const refused = asked.find((one) => one.status === "rejected");
    if (refused !== undefined) {
      await letGo(got.map(([, subscription]) => subscription));
      throw refused.reason;
    }
    const old = [...this.#held].filter(([id]) => !wanted.has(id));
    const kept = [...this.#held].filter(([id]) => wanted.has(id));
    this.#held = new Map([...kept, ...got]);
    await letGo(old.map(([, subscription]) => subscription));
    return got.length > 0;
  }
}

async function letGo(subscriptions: readonly SourceSubscription[]): Promise<void> {
  await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
}

function idOf({ kind, db, bytes }: Interest): string {
  return `${kind}@${db}:${Buffer.from(bytes).toString("latin1")}`;
}
