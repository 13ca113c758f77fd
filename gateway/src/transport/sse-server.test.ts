import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { VirtualClock } from "@keywire/shared/testing";
import { expect, it } from "vitest";
import { placeOf, readPlaces } from "./cursor.js";
import type { Transport } from "./ports.js";
import { SseDoor } from "./sse-server.js";
import { CountingClient } from "./testing/carriers.js";

/** What a stream needs of a response. */
class FakeResponse extends EventEmitter {
  readonly req = { socket: new EventEmitter() };
  readonly writableHighWaterMark = 1_000;
  writableLength = 0;
  text = "";
  writeHead(): void {}
  write(chunk: Uint8Array | string): void {
    this.text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
  }
  cork(): void {}
  uncork(): void {}
}

it("names in every id all places that the client came with", async () => {
  let transport: Transport | undefined;
  const client = Object.assign(new CountingClient(), { subscribe: () => {} });
  const door = new SseDoor({
    clock: new VirtualClock(),
    door: {
      open: (opened: Transport) => {
        transport = opened;
        return client;
      },
    },
    heartbeat: 25_000,
    addressOf: () => "10.0.0.1",
    tokenCookie: undefined,
    parse: (text) => JSON.parse(text),
    random: () => 0.5,
  });
  const cameWith = `${placeOf("key:a", "e", 10)},${placeOf("key:b", "f", 20)}`;
  const request = {
    headers: { authorization: "Bearer t", "last-event-id": cameWith },
  } as unknown as IncomingMessage;
  const response = new FakeResponse();
  const query = new URLSearchParams("channel=key:a&channel=key:b");
  void door.open(request, response as unknown as ServerResponse, { query, head: {} });
  const subscribed = (channel: string, epoch: string, offset: number) => {
    const text = JSON.stringify({ type: "subscribed", channel, epoch, offset, resumed: true });
    return { type: "subscribed", text, bytes: text.length, channel, cursor: { epoch, offset } };
  };
  transport?.send([subscribed("key:a", "e", 10)]);
  transport?.send([subscribed("key:b", "f", 20)]);
  // The connection may break anywhere: behind the first event that the browser took whole.
  const [first] = [...response.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? "");
  expect(readPlaces(first ?? "")("key:b")).toEqual({ epoch: "f", offset: 20 });
});
