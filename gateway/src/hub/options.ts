import { type ChannelOptions, type Interest, WireError } from "@keywire/shared";

/** How many event names a channel may list. */
const MAX_EVENTS = 100;
/** Characters of one event name; Redis' own have 20 at the most. */
const MAX_EVENT_LENGTH = 64;
/** Keys of one snapshot; more are cut off, and the snapshot says so. */
const MAX_SNAPSHOT = 10_000;

/** A channel's options with defaults left out and lists in order: equal ones read the same. */
export interface CanonicalOptions {
  readonly events?: readonly string[];
  readonly value?: true;
  /** How many existing keys to send; left out where none. */
  readonly snapshot?: number;
}

/**
 * Reads the options of a channel.
 *
 * @throws WireError `bad_request` where one makes no sense, `unsupported` where it cannot be served
 */
export function canonicalOptions(
  options: ChannelOptions,
  kind: Interest["kind"],
): CanonicalOptions {
  refuseUnsupported(options, kind);
  const { value } = options;
  // Who follows one key's value wants to know it to begin with.
  const snapshot = options.snapshot ?? (value && kind === "key" ? 1 : 0);
  return {
    ...canonicalEvents(options.events),
    ...(value ? { value } : {}),
    ...(snapshot > 0 ? { snapshot: Math.min(snapshot, MAX_SNAPSHOT) } : {}),
  };
}

function canonicalEvents(events: ChannelOptions["events"]): Pick<CanonicalOptions, "events"> {
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

function refuseUnsupported({ snapshot, fields }: ChannelOptions, kind: Interest["kind"]): void {
  if (fields) {
    throw new WireError(
      "unsupported",
      `"fields" needs a server with subkey notifications, Redis 8.8 or later: leave it out`,
    );
  }
  if (snapshot && kind === "event") {
    throw new WireError(
      "unsupported",
      `an event channel has no keys of its own to send: leave "snapshot" out`,
    );
  }
}
