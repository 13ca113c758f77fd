import type { Cursor } from "@keywire/shared";
import { type Collection, type Gateway, mintToken, waitFor } from "../support/index.js";
import { connect, type Received } from "./client.js";
import { stream } from "./event-stream.js";

export type Kind = "websocket" | "sse";

export interface Wish {
  readonly channel: string;
  readonly events?: readonly string[];
  readonly since?: Cursor;
}

/** Somebody on some channels, over either transport: what the suite for both needs of a client. */
export interface Listener {
  readonly messages: Collection<Received>;
  /** Stops taking bytes, or goes on. */
  pause(): void;
  resume(): void;
  close(): void;
  /** Resolves when the gateway has ended it. */
  ended(): Promise<unknown>;
}

export async function listen(
  kind: Kind,
  gateway: Gateway,
  wishes: readonly Wish[],
  token?: string,
): Promise<Listener> {
  const granted = token ?? (await mintToken());
  return kind === "sse"
    ? overSse(gateway, wishes, granted)
    : overWebSocket(gateway, wishes, granted);
}

async function overWebSocket(
  gateway: Gateway,
  wishes: readonly Wish[],
  token: string,
): Promise<Listener> {
  const client = await connect(gateway, { token });
  for (const { channel, ...options } of wishes) await client.subscribe(channel, options);
  return {
    messages: client.messages,
    pause: () => client.socket.pause(),
    resume: () => client.socket.resume(),
    close: () => client.socket.close(),
    ended: () => waitFor(() => client.end, { what: "the connection to end" }),
  };
}

async function overSse(
  gateway: Gateway,
  wishes: readonly Wish[],
  token: string,
): Promise<Listener> {
  const requests = wishes.map((wish) => ({ type: "subscribe", ...wish }));
  const opened = await stream(gateway, requests, { token });
  return {
    messages: opened.messages,
    pause: () => void opened.response?.pause(),
    resume: () => void opened.response?.resume(),
    close: () => opened.close(),
    ended: () => waitFor(() => opened.state === "ended", { what: "the stream to end" }),
  };
}
