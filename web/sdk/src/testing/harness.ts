import type { ChannelOptions, GatewayMessage } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import type { ConnectOptions, Subscription, Wire } from "../api.js";
import { connect } from "../connect.js";
import { type FakeNetwork, type FakeSocket, fakeNetwork } from "./fake-socket.js";
import { CHANNEL, welcome } from "./messages.js";

/** A client in virtual time on a fake network, and a log of all that it tells. */
export interface Harness {
  readonly clock: VirtualClock;
  readonly network: FakeNetwork;
  readonly wire: Wire;
  /** States, as they were told. */
  readonly states: string[];
  /** Codes of the errors that reached the wire. */
  readonly errors: string[];
  /** Lets what is due happen. */
  settle(): Promise<void>;
  /** Accepts the newest socket and welcomes the client. */
  open(): Promise<FakeSocket>;
}

export function harness(options: ConnectOptions = {}): Harness {
  const clock = new VirtualClock();
  const network = fakeNetwork();
  const wire = connect("ws://gateway.test/v1/ws", {
    clock,
    random: () => 0.5,
    WebSocket: network.WebSocket,
    transport: "websocket",
    token: () => "token",
    ...options,
  });
  const states: string[] = [];
  const errors: string[] = [];
  wire.on("state", ({ state }) => states.push(state));
  wire.on("error", ({ code }) => errors.push(code));
  const settle = () => clock.advance(0);
  const open = async () => {
    await settle();
    const socket = network.latest;
    socket.accept();
    await settle();
    socket.say(welcome());
    await settle();
    return socket;
  };
  return { clock, network, wire, states, errors, settle, open };
}

/** All that a subscription tells, in order. */
export interface Log {
  readonly subscription: Subscription;
  readonly messages: GatewayMessage[];
  readonly states: string[];
  readonly errors: string[];
}

export function logged(wire: Wire, options: ChannelOptions = {}, channel = CHANNEL): Log {
  const subscription = wire.subscribe(channel, options);
  const log: Log = { subscription, messages: [], states: [], errors: [] };
  subscription.on("event", (message) => log.messages.push(message));
  subscription.on("gap", (message) => log.messages.push(message));
  subscription.on("snapshot", (message) => log.messages.push(message));
  subscription.on("state", ({ state }) => log.states.push(state));
  subscription.on("error", ({ code }) => log.errors.push(code));
  return log;
}

/** What a log shows, in short: `event 4`, `gap 9`, `snapshot 9`. */
export function told({ messages }: Log): string[] {
  return messages.map((message) =>
    "offset" in message ? `${message.type} ${message.offset}` : message.type,
  );
}
