import type { ClientMessage, SubscribeMessage } from "@keywire/shared";
import { ABNORMAL_CLOSURE, type Link, type LinkListener, type Transport } from "./transport.js";

interface SseOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
}

/** The protocol's close codes are those of HTTP, moved up. */
const CLOSE_CODES = 4_000;

/** How a stream ended, as a WebSocket would. */
type End = [code: number, reason: string];

/** Streams that are fetched, so that the token travels in a header and not in the address. */
export function sseTransport(options: SseOptions): Transport {
  return {
    name: "sse",
    needsChannels: true,
    open: (token, listener) => new SseLink(options, token, listener),
  };
}

/**
 * One stream after the other: the channels stand in its address, so that each change of them, or
 * of the token, opens a new stream, which resumes where the old one was.
 */
class SseLink implements Link {
  readonly #options: SseOptions;
  readonly #listener: LinkListener;
  #token: string | undefined;
  #stream = new AbortController();
  /** The gateway's own, over all channels of the stream: goes back as it came. */
  #cursor = "";

  constructor(options: SseOptions, token: string | undefined, listener: LinkListener) {
    this.#options = options;
    this.#token = token;
    this.#listener = listener;
    this.#reopen();
  }

  send(message: ClientMessage): void {
    // Nothing can be said on a stream, and its comments are pongs enough.
    if (message.type === "ping") return;
    if (message.type === "auth") this.#token = message.token;
    // A channel that begins anew is not to be resumed; the others say themselves from where.
    if (message.type === "subscribe" && message.since === undefined) this.#cursor = "";
    this.#reopen();
  }

  close(): void {
    this.#stream.abort();
  }

  /** Makes one new stream for all changes of a turn. */
  #reopen(): void {
    this.close();
    this.#stream = new AbortController();
    const { signal } = this.#stream;
    queueMicrotask(() => {
      if (!signal.aborted) void this.#run(signal);
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const end = await this.#read(signal).catch((error): End => [ABNORMAL_CLOSURE, String(error)]);
    if (!signal.aborted) this.#listener.closed(...end);
  }

  async #read(signal: AbortSignal): Promise<End> {
    const requests = this.#listener.requests();
    if (requests.length === 0) return [ABNORMAL_CLOSURE, ""];
    const response = await this.#fetch(requests, signal);
    if (!response.ok) return this.#refused(response);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined || signal.aborted) return [ABNORMAL_CLOSURE, ""];
      const events = (rest + value).split("\n\n");
      rest = events.pop() ?? "";
      this.#take(events.join("\n").split("\n"));
    }
  }

  /** A channel that is refused has the whole stream refused: the others are asked for without it. */
  async #refused(response: Response): Promise<End> {
    const { error } = await response.json().catch(() => ({}));
    if (error?.id !== undefined) {
      this.#listener.frame(JSON.stringify({ ...error, type: "error" }));
      this.#reopen();
    }
    return [CLOSE_CODES + response.status, error?.message ?? `HTTP ${response.status}`];
  }

  #fetch(requests: SubscribeMessage[], signal: AbortSignal): Promise<Response> {
    // Called as no method of anything, for browsers' own takes no `this` but the window.
    const { url, fetch } = this.#options;
    const query = new URLSearchParams(requests.map((it) => ["subscribe", JSON.stringify(it)]));
    const headers = {
      Accept: "text/event-stream",
      ...(this.#token !== undefined && { Authorization: `Bearer ${this.#token}` }),
      ...(this.#cursor !== "" && { "Last-Event-ID": this.#cursor }),
    };
    return fetch(`${url}?${query}`, { headers, signal });
  }

  #take(lines: string[]): void {
    const valuesOf = (field: string) =>
      lines.filter((line) => line.startsWith(field)).map((line) => line.slice(field.length));
    this.#cursor = valuesOf("id:").at(-1)?.trim() ?? this.#cursor;
    this.#listener.frame(valuesOf("data:").join("\n"));
  }
}
