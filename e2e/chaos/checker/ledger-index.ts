import type { ChannelSpec, Line } from "../record.js";
import { isAbout } from "./matching.js";
import type { Tolerance } from "./tolerance.js";

/** The ledger, for looking things up. */
export class LedgerIndex {
  readonly #lines: readonly Line[];
  readonly #tolerance: Tolerance;
  readonly #byEvent = new Map<string, Line[]>();
  readonly #byChannel = new Map<string, readonly Line[]>();

  constructor(lines: readonly Line[], tolerance: Tolerance) {
    this.#lines = lines;
    this.#tolerance = tolerance;
    for (const line of lines) {
      const id = eventId(line.key, line.event);
      const known = this.#byEvent.get(id);
      if (known === undefined) this.#byEvent.set(id, [line]);
      else known.push(line);
    }
  }

  get size(): number {
    return this.#lines.length;
  }

  /** The lines that a channel is about. */
  about(channel: ChannelSpec): readonly Line[] {
    const id = `${channel.name}\n${channel.events?.join() ?? ""}`;
    const known = this.#byChannel.get(id);
    if (known !== undefined) return known;
    const found = this.#lines.filter(({ key, event }) => isAbout(channel, key, event));
    this.#byChannel.set(id, found);
    return found;
  }

  /**
   * The lines that an event which the gateway received at `time` can be, the likeliest first: those
   * that surely happened, the oldest ahead.
   */
  candidates(key: string, event: string, time: number): Line[] {
    const { bound, late, maybeLate } = this.#tolerance;
    const near = (this.#byEvent.get(eventId(key, event)) ?? []).filter(
      ({ before, after, outcome }) =>
        before - bound <= time && time <= after + (outcome === "maybe" ? maybeLate : late),
    );
    const sure = near.filter(({ outcome }) => outcome === "raised");
    return [...sure, ...near.filter(({ outcome }) => outcome === "maybe")];
  }
}

function eventId(key: string, event: string): string {
  return `${event} ${key}`;
}
