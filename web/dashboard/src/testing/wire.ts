import type {
  ConnectionState,
  KeywireError,
  StateChange,
  Subscription,
  SubscriptionEvents,
  SubscriptionState,
  Wire,
  WireEvents,
} from "@keywire/client";

type Listeners<Events> = { [Name in keyof Events]?: (detail: Events[Name]) => void };

/** A connection that does what a test tells it. */
export class FakeWire implements Wire {
  readonly transport = "websocket";
  readonly subscriptions: FakeSubscription[] = [];
  state: ConnectionState = "idle";
  #listeners: Listeners<WireEvents> = {};

  on<Name extends keyof WireEvents>(
    name: Name,
    listener: (detail: WireEvents[Name]) => void,
  ): () => void {
    this.#listeners[name] = listener as Listeners<WireEvents>[Name];
    return () => {
      delete this.#listeners[name];
    };
  }

  subscribe(channel: string): FakeSubscription {
    const subscription = new FakeSubscription(channel);
    this.subscriptions.push(subscription);
    return subscription;
  }

  close(): void {
    this.turn("closed");
  }

  turn(state: ConnectionState, reason = ""): void {
    const change: StateChange<ConnectionState> = { state, previous: this.state, reason };
    this.state = state;
    this.#listeners.state?.(change);
  }

  fail(error: KeywireError): void {
    this.#listeners.error?.(error);
  }
}

export class FakeSubscription implements Subscription {
  readonly channel: string;
  state: SubscriptionState = "pending";
  #listeners: Listeners<SubscriptionEvents> = {};

  constructor(channel: string) {
    this.channel = channel;
  }

  on<Name extends keyof SubscriptionEvents>(
    name: Name,
    listener: (detail: SubscriptionEvents[Name]) => void,
  ): () => void {
    this.#listeners[name] = listener as Listeners<SubscriptionEvents>[Name];
    return () => {
      delete this.#listeners[name];
    };
  }

  emit<Name extends keyof SubscriptionEvents>(name: Name, detail: SubscriptionEvents[Name]): void {
    this.#listeners[name]?.(detail);
  }

  turn(state: SubscriptionState, reason = ""): void {
    const change = { state, previous: this.state, reason };
    this.state = state;
    this.emit("state", change);
  }

  close(): void {
    this.turn("closed");
  }

  [Symbol.asyncIterator](): never {
    throw new Error("the dashboard listens; it does not loop");
  }
}
