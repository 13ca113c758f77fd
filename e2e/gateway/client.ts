import type { GatewayMessage } from "@keywire/shared";
import { WebSocket } from "ws";
import {
  type Collection,
  collect,
  type Gateway,
  hold,
  mintToken,
  type TokenOptions,
  waitFor,
} from "../support/index.js";

export interface ClientOptions {
  /** Default one for every key; null sends none. */
  readonly token?: string | null;
  /** How the token travels; default the header. */
  readonly via?: "header" | "subprotocol" | "message";
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

export type Received = GatewayMessage & Readonly<Record<string, unknown>>;

type Of<Type extends GatewayMessage["type"]> = Extract<GatewayMessage, { type: Type }>;

/** How a connection ended. */
export interface End {
  readonly code: number;
  readonly reason: string;
}

/** A client that nobody here wrote: bare frames, and what came, in order. */
export class Client {
  readonly socket: WebSocket;
  readonly messages: Collection<Received> = collect();
  /** undefined while it is open */
  end: End | undefined;
  /** What the upgrade was answered instead. */
  refusal: { readonly status: number; readonly body: unknown } | undefined;
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      for (const line of String(data).split("\n")) this.messages.add(JSON.parse(line));
    });
    socket.on("close", (code, reason) => {
      this.end = { code, reason: String(reason) };
    });
    socket.on("unexpected-response", async (_, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      this.refusal = {
        status: response.statusCode ?? 0,
        body: text.startsWith("{") ? JSON.parse(text) : text,
      };
    });
    // Each test looks at how it ended; that it did is no fault by itself.
    socket.on("error", () => {});
    hold(() => socket.terminate());
  }

  /** Sends a message, several in one frame, or any text. */
  send(message: object | readonly object[] | string): void {
    if (typeof message === "string") this.socket.send(message);
    else if (!Array.isArray(message)) this.socket.send(JSON.stringify(message));
    else this.socket.send(message.map((one) => JSON.stringify(one)).join("\n"));
  }

  /** The first message of a type that matches, now or later. */
  async first<Type extends GatewayMessage["type"]>(
    type: Type,
    matches: (message: Of<Type>) => boolean = () => true,
  ): Promise<Of<Type>> {
    const found = await this.messages.first(
      (message) => message.type === type && matches(message as unknown as Of<Type>),
      { what: `a message of type ${type}` },
    );
    return found as unknown as Of<Type>;
  }

  /** Sends a request and waits for its answer, whatever that is. */
  async ask(request: object): Promise<Received> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.send({ id, ...request });
    return this.messages.first((message) => message["id"] === id, {
      what: `an answer to ${JSON.stringify(request)}`,
    });
  }

  subscribe(channel: string, options: object = {}): Promise<Received> {
    return this.ask({ type: "subscribe", channel, ...options });
  }

  /** Events, gaps and snapshots of a channel, in order. */
  of(channel: string): Received[] {
    return this.messages.items.filter(
      (message) =>
        (message.type === "event" || message.type === "gap" || message.type === "snapshot") &&
        message.channel === channel,
    );
  }

  /** Keys of all events so far. */
  get keys(): unknown[] {
    return this.messages.items.flatMap((message) => (message.type === "event" ? message.key : []));
  }
}

/** Opens a connection, which need not be accepted. */
export async function open(
  gateway: Pick<Gateway, "wsUrl">,
  options: ClientOptions = {},
): Promise<Client> {
  const { via = "header", token = await mintToken(), protocols = ["keywire.v1"] } = options;
  const offered = via === "subprotocol" ? [...protocols, `bearer.${token}`] : [...protocols];
  const authorization =
    via === "header" && token !== null ? { authorization: `Bearer ${token}` } : {};
  const socket = new WebSocket(gateway.wsUrl, offered, {
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    headers: { ...authorization, ...options.headers },
  });
  const client = new Client(socket);
  if (via === "message" && token !== null) {
    socket.once("open", () => client.send({ type: "auth", token }));
  }
  return client;
}

/** Opens a connection and waits for its welcome. */
export async function connect(
  gateway: Pick<Gateway, "wsUrl">,
  options: Omit<ClientOptions, "token"> & { readonly token?: string } & TokenOptions = {},
): Promise<Client> {
  const { token = await mintToken(options) } = options;
  const client = await open(gateway, { ...options, token });
  await client.first("welcome");
  return client;
}

/** Resolves when the connection has ended, with how. */
export function ended(client: Client): Promise<End> {
  return waitFor(() => client.end, {
    what: `the connection to end, after ${JSON.stringify(client.messages.items)}`,
  });
}

/**
 * Checks that a channel's messages go on from `offset` by one each, or by what a gap says it stands
 * for.
 *
 * @returns how many messages gaps stood for
 */
export function missedBehind(offset: number, messages: readonly Received[]): number {
  let last = offset;
  let missed = 0;
  for (const message of messages) {
    const count = message.type === "gap" && typeof message.missed === "number" ? message.missed : 1;
    const next = Number(message["offset"]);
    if (next !== last + count) throw new Error(`offset ${next} stands behind ${last}`);
    if (count !== 1 || "missed" in message) missed += count;
    last = next;
  }
  return missed;
}
