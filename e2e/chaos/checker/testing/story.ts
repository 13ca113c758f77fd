import type { ChannelSpec, Entry, FaultRecord, Line, RunRecord, Stream } from "../../record.js";

/** When the stories begin, ms since the Unix epoch. */
const BEGIN = 1_800_000_000_000;
/** ms between two events */
const BEAT = 1_000;
/** ms from an event's being written to its receipt by the gateway, and by the client. */
const RECEIPT = 3;
const ARRIVAL = 5;

export const EPOCH = "epoch-1";
export const CHANNEL: ChannelSpec = { name: "prefix:a:", kind: "prefix", rest: "a:" };

/** A moment of the story: the `beat`th, and so many ms. */
export function at(beat: number, ms = 0): number {
  return BEGIN + beat * BEAT + ms;
}

/** One event a beat, of keys that take turns; all of them are written and told. */
export function ledger(count: number): Line[] {
  return Array.from({ length: count }, (_, n) => line(n));
}

export function line(n: number, about: Partial<Line> = {}): Line {
  const event = ["set", "append", "incrby", "del"][Math.floor(n / 2) % 4] ?? "set";
  return {
    ...{ n, key: n % 2 === 0 ? "a:even" : "a:odd", event },
    ...{ before: at(n), after: at(n, 1), outcome: "raised" },
    ...about,
  };
}

export function subscribed(about: Partial<Extract<Entry, { kind: "subscribed" }>> = {}): Entry {
  const offset = 0;
  const rest = { epoch: EPOCH, offset, resumed: undefined, since: undefined };
  return { kind: "subscribed", at: at(-1), ...rest, ...about };
}

export function told({ n, key, event }: Line, offset: number): Entry {
  return { kind: "event", at: at(n, ARRIVAL), offset, key, event, time: at(n, RECEIPT) };
}

export function gap(about: Partial<Extract<Entry, { kind: "gap" }>>): Entry {
  const from = at(0);
  const rest = { reason: "node_lost", from, to: from, offset: 0, missed: undefined };
  return { kind: "gap", at: about.to ?? from, ...rest, ...about };
}

/** A client that was told of everything. */
export function faithful(lines: readonly Line[]): Entry[] {
  return [subscribed(), ...lines.map((each, index) => told(each, index + 1))];
}

export function stream(entries: readonly Entry[], channel = CHANNEL): Stream {
  return { client: "client-1", transport: "websocket", channel, entries };
}

export function record(
  lines: readonly Line[],
  entries: readonly Entry[],
  faults: readonly FaultRecord[] = [],
): RunRecord {
  return { lines, rollbacks: [], streams: [stream(entries)], faults, leftovers: [] };
}
