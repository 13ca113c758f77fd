import type { SequencedMessage } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import type { ConnectionState, Subscription, Wire } from "../api.js";
import { connect } from "../connect.js";
import { FakeGateway } from "./fake-gateway.js";
import { fakeNetwork } from "./fake-socket.js";
import { fakeFetch, streamed } from "./fake-stream.js";
import { CHANNEL } from "./messages.js";
import type { Peer } from "./peer.js";
import { perform, type Setting, type Step } from "./steps.js";

export type Carrier = "websocket" | "sse";

/** How many messages a loop may fall behind: few, so that it does. */
const BUFFER = 4;
/** ms that anything takes to settle once all is well: the longest retries, and a dead line found. */
const HEALING = 120_000;
/** ms between two signs of life of a gateway, and between two looks at the streams. */
const BEAT = 5_000;

/** What came of a scenario. */
export interface Outcome {
  readonly gateway: FakeGateway;
  /** What listeners heard. */
  readonly heard: readonly SequencedMessage[];
  /** What a loop took that is now and then slow. */
  readonly taken: readonly SequencedMessage[];
  /** What those heard who joined later, and did not leave. */
  readonly joined: readonly (readonly SequencedMessage[])[];
  readonly errors: readonly string[];
  /** Each change, as `open waiting`. */
  readonly turns: readonly string[];
  readonly state: ConnectionState;
  /** Timers that are left after everything was closed. */
  readonly leaks: number;
}

/** Lets steps happen to a client, heals everything, and closes it. */
export async function play(carrier: Carrier, setting: Setting, steps: Step[]): Promise<Outcome> {
  const clock = new VirtualClock();
  const gateway = new FakeGateway(setting);
  const wire = connectTo(gateway, carrier, setting, clock);
  const advance = async (ms: number) => {
    if (carrier === "websocket") return clock.advance(ms);
    for (let left = ms; left > 0; left -= BEAT) {
      await clock.advance(Math.min(BEAT, left));
      await streamed();
      gateway.say({ type: "pong" });
    }
  };
  const errors: string[] = [];
  const turns: string[] = [];
  wire.on("error", ({ code }) => errors.push(code));
  wire.on("state", ({ previous, state }) => turns.push(`${previous} ${state}`));

  const options = setting.snapshots ? { value: true, snapshot: 100 } : {};
  const join = () => wire.subscribe(CHANNEL, options);
  const orders = join();
  const heard = listen(orders);
  const taken: SequencedMessage[] = [];
  const loop = orders[Symbol.asyncIterator]();
  const take = async () => {
    const { done, value } = await loop.next();
    if (done !== true) taken.push(value);
  };
  const joined = new Map<Subscription, SequencedMessage[]>();
  const stage = {
    gateway,
    advance,
    take,
    join: () => {
      if (orders.state === "closed") return;
      const subscription = join();
      joined.set(subscription, listen(subscription));
    },
    leave: () => {
      for (const subscription of [...joined.keys()].slice(0, 1)) {
        subscription.close();
        joined.delete(subscription);
      }
    },
  };

  await advance(10);
  for (const step of steps) {
    await perform(step, stage);
    await advance(1);
  }
  await heal(gateway, advance);
  const drained = drain(take, () => orders.state === "closed");
  await advance(1_000);
  const { state } = wire;
  wire.close();
  await drained;
  const leaks = clock.pending;
  return { gateway, heard, taken, joined: [...joined.values()], errors, turns, state, leaks };
}

function connectTo(
  gateway: FakeGateway,
  carrier: Carrier,
  { jitter }: Setting,
  clock: VirtualClock,
): Wire {
  const arrive = (peer: Peer) => {
    clock.after(5, () => gateway.accept(peer));
  };
  let drawn = 0;
  return connect("ws://gateway.test/v1/ws", {
    clock,
    WebSocket: fakeNetwork(arrive).WebSocket,
    fetch: fakeFetch(arrive).fetch,
    transport: carrier,
    token: () => "token",
    buffer: BUFFER,
    random: () => jitter[drawn++ % jitter.length] ?? 0,
  });
}

function listen(subscription: Subscription): SequencedMessage[] {
  const heard: SequencedMessage[] = [];
  for (const name of ["event", "gap", "snapshot"] as const) {
    subscription.on(name, (message: SequencedMessage) => heard.push(message));
  }
  return heard;
}

/** In the end all is well, and one last change shows that nothing is stuck. */
async function heal(gateway: FakeGateway, advance: (ms: number) => Promise<void>): Promise<void> {
  gateway.up = true;
  gateway.mischief = "none";
  await advance(HEALING);
  gateway.change("last");
  await advance(HEALING);
}

async function drain(take: () => Promise<void>, over: () => boolean): Promise<void> {
  while (!over()) await take();
}
