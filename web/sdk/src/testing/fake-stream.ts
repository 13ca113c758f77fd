import type { ClientMessage, GatewayMessage, SubscribeMessage } from "@keywire/shared";
import type { Peer } from "./peer.js";

interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Of the request that is refused; without one it is the whole stream. */
  readonly id?: number | string | undefined;
}

/** One fetch of an event stream, whose other end is the test. */
export class FakeStream implements Peer {
  readonly url: URL;
  readonly headers: Headers;
  readonly subscribes: readonly SubscribeMessage[];
  state: "connecting" | "open" | "closed" = "connecting";
  onSent: (message: ClientMessage) => void = () => {};
  /** Settles the fetch. */
  readonly #respond: (response: Response) => void;
  readonly #reject: (error: Error) => void;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #lastId = 0;

  constructor(
    input: string,
    init: RequestInit,
    respond: (response: Response) => void,
    reject: (error: Error) => void,
  ) {
    this.url = new URL(input);
    this.headers = new Headers(init.headers);
    this.subscribes = this.url.searchParams.getAll("subscribe").map((text) => JSON.parse(text));
    this.#respond = respond;
    this.#reject = reject;
    init.signal?.addEventListener("abort", () => this.#abort());
  }

  get token(): string | undefined {
    return this.headers.get("Authorization")?.replace(/^Bearer /, "");
  }

  /** The stream begins; what the client said in its address is taken as said now. */
  accept(): void {
    if (this.state !== "connecting") return;
    this.state = "open";
    const start = (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
      this.#controller = controller;
    };
    const cancel = () => {
      this.state = "closed";
    };
    this.#respond(new Response(new ReadableStream({ start, cancel })));
    if (this.token !== undefined) this.onSent({ type: "auth", token: this.token });
    for (const message of this.subscribes) this.onSent(message);
  }

  /** The gateway answers with a status and an error instead of a stream, or a proxy with a page. */
  refuse(status: number, error?: Refusal): void {
    this.state = "closed";
    const body = error === undefined ? "<html>" : JSON.stringify({ error });
    this.#respond(new Response(body, { status }));
  }

  say(...messages: GatewayMessage[]): void {
    for (const message of messages) this.frame(JSON.stringify(message));
  }

  frame(data: unknown): void {
    this.#lastId += 1;
    this.write(`event: message\nid: cursor ${this.#lastId}\ndata: ${data}\n\n`);
  }

  write(text: string): void {
    this.writeBytes(new TextEncoder().encode(text));
  }

  writeBytes(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.state === "open") this.#controller?.enqueue(bytes);
  }

  drop(): void {
    if (this.state === "open") this.#controller?.close();
    if (this.state === "connecting") this.#reject(new TypeError("fetch failed"));
    this.state = "closed";
  }

  #abort(): void {
    if (this.state === "closed") return;
    const error = new DOMException("This operation was aborted", "AbortError");
    if (this.state === "open") this.#controller?.error(error);
    else this.#reject(error);
    this.state = "closed";
  }
}

export interface FakeFetch {
  readonly fetch: typeof fetch;
  readonly streams: FakeStream[];
  /** @throws Error when nothing was ever fetched */
  readonly latest: FakeStream;
}

/** @param onOpened called with each stream that the client asks for */
export function fakeFetch(onOpened: (stream: FakeStream) => void = () => {}): FakeFetch {
  const streams: FakeStream[] = [];
  return {
    streams,
    fetch: (input, init = {}) =>
      new Promise((resolve, reject) => {
        const stream = new FakeStream(String(input), init, resolve, reject);
        streams.push(stream);
        onOpened(stream);
      }),
    get latest(): FakeStream {
      const stream = streams.at(-1);
      if (stream === undefined) throw new Error("the client has fetched nothing");
      return stream;
    },
  };
}

/** Lets streams run on, which take turns of the event loop for what a socket does at once. */
export async function streamed(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
