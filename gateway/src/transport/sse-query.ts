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
    ...list("events", once("events", query)),
    ...flag("value", once("value", query)),
    ...flag("fields", once("fields", query)),
    ...count("snapshot", once("snapshot", query)),
  };
  return query
    .getAll("channel")
    .map((channel) => JSON.stringify({ type: "subscribe", channel, ...options }));
}

/** An option holds for all channels, so a second one cannot be meant for some of them. */
function once(name: string, query: URLSearchParams): string | undefined {
  const [text, ...others] = query.getAll(name);
  if (others.length === 0) return text;
  throw new WireError("bad_request", `the query takes one ${name}=; more is said with subscribe=`);
}

function list(name: string, text: string | undefined): object {
  if (text === undefined) return {};
  const names = text.split(",").map((one) => one.trim());
  if (!names.includes("")) return { [name]: names };
  throw new WireError("bad_request", `${name}=${shown(text)} takes names, as in ${name}=set,del`);
}

function flag(name: string, text: string | undefined): object {
  if (text === undefined) return {};
  if (text === "true" || text === "false") return { [name]: text === "true" };
  throw new WireError(
    "bad_request",
    `${name}=${shown(text)} is neither true nor false; more is said with subscribe=`,
  );
}

function count(name: string, text: string | undefined): object {
  if (text === undefined) return {};
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
