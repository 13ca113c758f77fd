import { type ChannelOptions, WireError } from "@keywire/shared";

/** How many event names a channel may list. */
const MAX_EVENTS = 100;
/** Characters of one event name; Redis' own have 20 at the most. */
const MAX_EVENT_LENGTH = 64;

/** A channel's options with defaults left out and lists in order: equal ones read the same. */
export interface CanonicalOptions {
  readonly events?: readonly string[];
}

/**
 * Reads the options of a channel.
 *
 * @throws WireError `bad_request` where one makes no sense, `unsupported` where it cannot be served
 */
export function canonicalOptions(options: ChannelOptions): CanonicalOptions {
  refuseUnsupported(options);
  const { events } = options;
  if (events === undefined) return {};
  if (events.length === 0) {
    throw new WireError("bad_request", '"events" is empty: name some events, or leave it out');
  }
  const names = [...new Set(events)].sort();
  if (names.length > MAX_EVENTS || names.some((name) => name.length > MAX_EVENT_LENGTH)) {
    throw new WireError(
      "bad_request",
      `"events" takes up to ${MAX_EVENTS} names of up to ${MAX_EVENT_LENGTH} characters`,
    );
  }
  return { events: names };
}

function refuseUnsupported({ value, snapshot, fields }: ChannelOptions): void {
  const asked = [
    ...(value ? ["value"] : []),
    ...(snapshot ? ["snapshot"] : []),
    ...(fields ? ["fields"] : []),
  ];
  if (asked.length === 0) return;
  const names = asked.map((name) => `"${name}"`).join(" and ");
  throw new WireError("unsupported", `this gateway does not serve ${names}: leave it out`);
}
