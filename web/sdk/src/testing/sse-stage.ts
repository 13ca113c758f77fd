import { VirtualClock } from "@keywire/shared/testing";
import type { ConnectOptions, Wire } from "../api.js";
import { connect } from "../connect.js";
import { type FakeFetch, type FakeStream, fakeFetch, streamed } from "./fake-stream.js";
import { CHANNEL, subscribed, welcome } from "./messages.js";

/** A client over SSE in virtual time, and what it tells. */
export interface Stage extends FakeFetch {
  readonly clock: VirtualClock;
  readonly wire: Wire;
  readonly errors: string[];
  readonly reasons: string[];
  settle(ms?: number): Promise<void>;
  /** Accepts the newest stream, welcomes the client, and confirms all it asks for at an offset. */
  open(offset?: number): Promise<FakeStream>;
}

export function stage(options: ConnectOptions = {}): Stage {
  const clock = new VirtualClock();
  const network = fakeFetch();
  const wire = connect("ws://gateway.test/v1/ws", {
    clock,
    random: () => 0.5,
    fetch: network.fetch,
    transport: "sse",
    token: () => "token",
    ...options,
  });
  const [errors, reasons]: [string[], string[]] = [[], []];
  wire.on("error", ({ code }) => errors.push(code));
  wire.on("state", ({ reason }) => reasons.push(reason));
  const settle = async (ms = 0) => {
    await clock.advance(ms);
    await streamed();
    await clock.advance(0);
  };
  const open = async (offset = 5) => {
    await settle();
    const stream = network.latest;
    stream.accept();
    stream.say(welcome());
    for (const { id, channel, since } of stream.subscribes) {
      stream.say(
        subscribed(id, since?.offset ?? offset, { channel, resumed: since !== undefined }),
      );
    }
    await settle();
    return stream;
  };
  return {
    clock,
    wire,
    errors,
    reasons,
    settle,
    open,
    fetch: network.fetch,
    streams: network.streams,
    get latest() {
      return network.latest;
    },
  };
}

/** A client that waits for the answer to its first request. */
export async function asked(): Promise<Stage> {
  const base = stage();
  base.wire.subscribe(CHANNEL);
  await base.settle();
  return base;
}
