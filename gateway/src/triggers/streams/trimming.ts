import type { RadixTree } from "@keywire/shared";
import { latin1 } from "../runner/bindings.js";
import { compareIds, idBehind, START } from "./id.js";
import type { StreamPlace, StreamSource } from "./stream-source.js";
import type { Subscriber } from "./subscriber.js";

/** Drops what all triggers that read a stream are done with, where one of them wants that. */
export class Trimming {
  readonly #subscribers: RadixTree<Subscriber>;
  readonly #source: StreamSource;
  readonly #failed: (error: unknown) => void;
  /** Up to where it is due or under way, by stream. */
  readonly #trimmed = new Map<string, string>();

  /** @param subscribers by their prefixes */
  constructor(
    subscribers: RadixTree<Subscriber>,
    source: StreamSource,
    failed: (error: unknown) => void,
  ) {
    this.#subscribers = subscribers;
    this.#source = source;
    this.#failed = failed;
  }

  /** One of them has got further. */
  advance(place: StreamPlace): void {
    const id = idOf(place);
    const { slowest, origin } = this.#wanted(place);
    if (slowest === undefined || origin === undefined) return;
    if (slowest === START || this.#trimmed.get(id) === slowest) return;
    this.#trimmed.set(id, slowest);
    this.#source.trim(place, idBehind(slowest), origin).catch((error: unknown) => {
      if (this.#trimmed.get(id) === slowest) this.#trimmed.delete(id);
      this.#failed(error);
    });
  }

  /** The stream is gone. */
  forget(place: StreamPlace): void {
    this.#trimmed.delete(idOf(place));
  }

  /** How far the slowest trigger is, and one that wants it trimmed. */
  #wanted(place: StreamPlace): { slowest: string | undefined; origin: string | undefined } {
    let [slowest, origin]: (string | undefined)[] = [];
    this.#subscribers.match(latin1(place.key), (subscriber) => {
      const savedTo = subscriber.savedTo(place) ?? START;
      if (slowest === undefined || compareIds(savedTo, slowest) < 0) slowest = savedTo;
      if (subscriber.wantsTrimming) origin = subscriber.origin;
    });
    return { slowest, origin };
  }
}

function idOf({ db, key }: StreamPlace): string {
  return `${db}:${latin1(key)}`;
}
