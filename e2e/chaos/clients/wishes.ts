import type { Random } from "../random.js";
import type { ChannelSpec } from "../record.js";
import { STRING_EVENTS } from "../writers/operations.js";
import { GROUPS, LASTING, lastingKeys, prefixOf } from "./keys.js";

/** Channels that one client asks for, at most. */
const MOST_CHANNELS = 3;
/** Of all clients, those that want to hear of every key. */
const GREEDY = 0.02;

/** What one client asks for: channels of all kinds, that overlap among clients and within one. */
export function wishes(random: Random): ChannelSpec[] {
  const wanted = new Map<string, ChannelSpec>();
  const count = random.integer(1, MOST_CHANNELS);
  if (random.chance(GREEDY)) wanted.set("prefix:chaos:", named("prefix", "chaos:"));
  while (wanted.size < count) {
    const channel = wish(random);
    wanted.set(channel.name, channel);
  }
  return [...wanted.values()];
}

function wish(random: Random): ChannelSpec {
  const channel = random.pick([
    keyChannel,
    keyChannel,
    prefixChannel,
    patternChannel,
    eventChannel,
  ])(random);
  if (channel.kind === "event" || !random.chance(0.2)) return channel;
  return { ...channel, events: random.sample(STRING_EVENTS, random.integer(1, 4)) };
}

const keyChannel = (random: Random) => named("key", random.pick(lastingKeys()));

const prefixChannel = (random: Random) => named("prefix", prefixOf(random.integer(0, GROUPS - 1)));

function patternChannel(random: Random): ChannelSpec {
  const glob = random.pick([
    `chaos:*:${random.pick(LASTING)}`,
    `chaos:${random.integer(0, GROUPS - 1)}:[ab]`,
    `chaos:?:once-*${random.integer(0, 9)}`,
  ]);
  return named("pattern", glob);
}

const eventChannel = (random: Random) => named("event", random.pick(STRING_EVENTS));

function named(kind: ChannelSpec["kind"], rest: string): ChannelSpec {
  return { kind, rest, name: `${kind}:${rest}` };
}
