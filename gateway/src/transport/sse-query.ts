import { type SubscribeMessage, WireError } from "@keywire/shared";
import { readPlaces } from "./cursor.js";

/** @throws WireError `bad_request` where the text is no `subscribe` message */
export type ParseSubscribe = (text: string) => SubscribeMessage;

/**
 * What a stream subscribes to: `channel=` with the options that stand beside it, and `subscribe=`
 * with options of its own, resumed from where it says itself, or else from the last event's id.
 *
 * @throws WireError `bad_request`
 */
export function readSseQuery(
  query: URLSearchParams,
  lastEventId: string | undefined,
  parse: ParseSubscribe,
): SubscribeMessage[] {
  const texts = [...plainRequests(query), ...query.getAll("subscribe")];
  if (texts.length === 0) {
    throw new WireError("bad_request", "the query names no channel, as in ?channel=prefix:order:");
  }
  const requests = texts.map((text) => parse(text));
  refuseTwins(requests);
  const placeIn = lastEventId ? readPlaces(lastEventId) : () => undefined;
  return requests.map((request) => {
    const since = request.since ?? placeIn(request.channel);
    return since === undefined ? request : { ...request, since };
  });
}

function plainRequests(query: URLSearchParams): string[] {
  const options = {
    ...list("events", query.get("events")),
    ...flag("value", query.get("value")),
    ...flag("fields", query.get("fields")),
    ...count("snapshot", query.get("snapshot")),
  };
  return query
    .getAll("channel")
    .map((channel) => JSON.stringify({ type: "subscribe", channel, ...options }));
}

function list(name: string, text: string | null): object {
  return text === null ? {} : { [name]: text.split(",") };
}

function flag(name: string, text: string | null): object {
  if (text === null) return {};
  if (text === "true" || text === "false") return { [name]: text === "true" };
  throw new WireError(
    "bad_request",
    `${name}=${shown(text)} is neither true nor false; more is said with subscribe=`,
  );
}

function count(name: string, text: string | null): object {
  if (text === null) return {};
  if (/^\d{1,9}$/.test(text)) return { [name]: Number(text) };
  throw new WireError("bad_request", `${name}=${shown(text)} is no number of keys`);
}

function refuseTwins(requests: readonly SubscribeMessage[]): void {
  const names = new Set<string>();
  for (const { channel } of requests) {
    if (names.has(channel)) {
      throw new WireError("bad_request", `the query names ${shown(channel)} twice`);
    }
    names.add(channel);
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
