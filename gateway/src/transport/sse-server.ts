import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type Clock, WireError } from "@keywire/shared";
import { Heartbeat } from "./heartbeat.js";
import type { Door, SubscribingClient } from "./ports.js";
import { bearerToken, cookieOf } from "./request.js";
import { SseTransport } from "./sse.js";
import { type ParseSubscribe, readSseQuery } from "./sse-query.js";

/** ms between two comments: proxies close what is quiet for longer, many after a minute. */
const COMMENT_INTERVAL = 15_000;

export interface SseOptions {
  readonly clock: Clock;
  readonly door: Door<SubscribingClient>;
  /** ms after which a client wonders whether anybody is there. */
  readonly heartbeat: number;
  readonly addressOf: (request: IncomingMessage) => string;
  /** The cookie that may carry the token; undefined for none. */
  readonly tokenCookie: string | undefined;
  readonly parse: ParseSubscribe;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** Makes requests for a stream sessions that subscribe to what the request says. */
export class SseDoor {
  readonly #options: SseOptions;
  readonly #heartbeat: Heartbeat<SseTransport>;

  constructor(options: SseOptions) {
    this.#options = options;
    const interval = Math.min(COMMENT_INTERVAL, options.heartbeat);
    this.#heartbeat = new Heartbeat(options.clock, { interval, timeout: undefined });
  }

  /**
   * Resolves when the stream has begun.
   *
   * @param about what it is asked for, and further headers of the response
   * @throws WireError why it has not; then nothing has been written
   */
  async open(
    request: IncomingMessage,
    response: ServerResponse,
    { query, head }: { readonly query: URLSearchParams; readonly head: OutgoingHttpHeaders },
  ): Promise<void> {
    const { clock, door, addressOf, parse, random } = this.#options;
    const token = this.#tokenOf(request);
    const lastEventId = request.headers["last-event-id"];
    const requests = readSseQuery(query, lastEventId?.toString(), parse);
    const ports = { clock, random, heartbeat: this.#heartbeat };
    const transport = new SseTransport(response, head, ports);
    for (const { channel, since } of requests) if (since) transport.resumes(channel, since);
    const client = door.open(transport, addressOf(request));
    const ask = async () => {
      await client.authenticate(token);
      if (transport.isHolding) for (const one of requests) client.subscribe(one);
    };
    await Promise.all([transport.attach(client, requests.length), ask()]);
  }

  #tokenOf(request: IncomingMessage): string {
    const { tokenCookie } = this.#options;
    const cookie = tokenCookie === undefined ? undefined : cookieOf(request, tokenCookie);
    const token = bearerToken(request) ?? cookie;
    if (token !== undefined) return token;
    const also = tokenCookie === undefined ? "" : `, or the cookie ${tokenCookie}`;
    throw new WireError(
      "unauthorized",
      `a stream takes an "Authorization: Bearer" header with a token${also}`,
    );
  }
}
