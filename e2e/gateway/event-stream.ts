import { type ClientRequest, get, type IncomingMessage } from "node:http";
import {
  type Collection,
  collect,
  type Gateway,
  hold,
  mintToken,
  waitFor,
} from "../support/index.js";
import type { Received } from "./client.js";

export interface StreamOptions {
  /** Default one for every key; null sends none. */
  readonly token?: string | null;
  readonly lastEventId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One event as the HTML standard has browsers read it. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** A client of Server-Sent Events that nobody here wrote: bytes over plain HTTP. */
export class EventStream {
  readonly events: Collection<StreamEvent> = collect();
  readonly messages: Collection<Received> = collect();
  comments = 0;
  /** ms, as the gateway last said. */
  retry: number | undefined;
  /** What a browser would send back. */
  lastEventId: string;
  response: IncomingMessage | undefined;
  state: "opening" | "open" | "refused" | "ended" = "opening";
  /** Of a refusal. */
  body = "";
  readonly #request: ClientRequest;
  #rest = "";

  constructor(url: URL, { lastEventId = "", headers = {} }: StreamOptions) {
    this.lastEventId = lastEventId;
    this.#request = get(url, {
      agent: false,
      headers: {
        accept: "text/event-stream",
        ...(lastEventId === "" ? {} : { "last-event-id": lastEventId }),
        ...headers,
      },
    });
    this.#request.on("error", () => this.#end());
    this.#request.on("response", (response) => this.#answered(response));
    hold(() => void this.#request.destroy());
  }

  close(): void {
    this.#request.destroy();
  }

  #answered(response: IncomingMessage): void {
    this.response = response;
    response.setEncoding("utf8");
    // Cut off in the middle is an end like any other here.
    response.on("error", () => {});
    response.on("close", () => this.#end());
    if (response.statusCode === 200) {
      this.state = "open";
      response.on("data", (text: string) => this.#take(text));
    } else {
      response.on("data", (text: string) => {
        this.body += text;
      });
      response.on("end", () => {
        this.state = "refused";
      });
    }
  }

  #end(): void {
    if (this.state !== "refused") this.state = "ended";
  }

  #take(text: string): void {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) this.#dispatch(block.split("\n"));
  }

  #dispatch(lines: readonly string[]): void {
    let type = "message";
    const data: string[] = [];
    for (const line of lines) {
      const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
      if (line.startsWith(":")) this.comments += 1;
      else if (field === "event") type = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.lastEventId = value;
      else if (field === "retry") this.retry = Number(value);
    }
    if (data.length === 0) return;
    this.events.add({ type, data: data.join("\n"), lastEventId: this.lastEventId });
    this.messages.add(JSON.parse(data.join("\n")));
  }
}

/** Opens a stream and waits until it has begun, or was refused. */
export async function stream(
  gateway: Pick<Gateway, "url">,
  query: string | readonly object[],
  options: StreamOptions = {},
): Promise<EventStream> {
  const url = new URL("/v1/sse", gateway.url);
  if (typeof query === "string") url.search = query;
  else for (const one of query) url.searchParams.append("subscribe", JSON.stringify(one));
  const { token = await mintToken() } = options;
  const headers = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...options.headers,
  };
  const opened = new EventStream(url, { ...options, headers });
  await waitFor(() => opened.state !== "opening", { what: "the stream to begin" });
  return opened;
}
