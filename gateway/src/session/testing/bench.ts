import { type ErrorCode, WireError } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import type { Auth, Identity, SessionLimit } from "../ports.js";
import { type RegistryLimits, SessionRegistry } from "../registry.js";
import type { Session } from "../session.js";
import { FakeChannels } from "./fake-channels.js";
import { FakeTransport } from "./fake-transport.js";

export interface TestIdentity extends Identity {
  /** Beginnings of the channel names that it may have. */
  readonly allowed: readonly string[];
}

export const LIMITS: RegistryLimits = {
  sessions: 100,
  sessionsPerUser: 100,
  sessionsPerAddress: 100,
  subscriptions: 4,
  message: 65_536,
  rate: { perSecond: 50, burst: 200 },
  outbox: 10_000,
  slowConsumer: "gap",
  authTimeout: 10_000,
  heartbeat: 25_000,
};

/** Tokens by their text: `alice` for an hour, unless the test says otherwise. */
export class FakeAuth implements Auth<TestIdentity> {
  readonly tokens = new Map<string, Partial<TestIdentity> | WireError | Error>();
  readonly revoked = new Set<string>();
  /** Verification waits for it; where undefined it is done at once. */
  gate: Promise<void> | undefined = Promise.resolve();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  verify(token: string): TestIdentity | Promise<TestIdentity> {
    return this.gate === undefined ? this.#look(token) : this.gate.then(() => this.#look(token));
  }

  #look(token: string): TestIdentity {
    const known = this.tokens.get(token);
    if (known instanceof Error) throw known;
    if (known === undefined && !/^[a-z]+$/.test(token)) {
      throw new WireError("unauthorized", "the token is none");
    }
    return {
      user: token,
      tokenId: undefined,
      issuedAt: undefined,
      expires: this.#now() + 3_600_000,
      countsUntil: known?.expires ?? this.#now() + 3_600_000,
      admin: false,
      allowed: [""],
      ...known,
    };
  }

  authorize({ allowed }: TestIdentity, interest: { readonly bytes: Uint8Array }): void {
    const name = new TextDecoder().decode(interest.bytes);
    if (allowed.some((beginning) => name.startsWith(beginning))) return;
    throw new WireError("forbidden", `the token does not allow ${name}`);
  }

  isRevoked({ user }: TestIdentity): boolean {
    return this.revoked.has(user);
  }
}

/** A registry of sessions in virtual time, with fakes all around. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly channels = new FakeChannels();
  readonly auth = new FakeAuth(() => this.clock.now());
  readonly refused: ErrorCode[] = [];
  readonly limited: SessionLimit[] = [];
  readonly closed: [code: number | undefined, ms: number][] = [];
  readonly failed: unknown[] = [];
  dropped = 0;
  opened = 0;
  received = 0;
  readonly registry: SessionRegistry<TestIdentity>;
  #tasks: (() => void)[] = [];
  #ids = 0;

  constructor(limits: Partial<RegistryLimits> = {}) {
    this.registry = new SessionRegistry<TestIdentity>({
      clock: this.clock,
      auth: this.auth,
      channels: this.channels,
      defaultDatabase: 0,
      limits: { ...LIMITS, ...limits },
      atEndOfTurn: (task) => this.#tasks.push(task),
      newId: () => `s${++this.#ids}`,
      random: () => 0.5,
      report: {
        opened: () => {
          this.opened += 1;
        },
        closed: (code, ms) => this.closed.push([code, ms]),
        received: () => {
          this.received += 1;
        },
        refused: (code) => this.refused.push(code),
        limited: (limit) => this.limited.push(limit),
        dropped: (count) => {
          this.dropped += count;
        },
        sent: () => {},
        failed: (error) => this.failed.push(error),
      },
    });
    this.registry.start();
  }

  /** A client that has shown nothing yet. */
  connect(address = "10.0.0.1", capacity?: number): TestClient {
    const transport = new FakeTransport(capacity);
    const session = this.registry.open(transport, address);
    transport.drained = () => session.drained();
    return new TestClient(this, session, transport);
  }

  /** A client that is open. */
  async open(token = "alice", capacity?: number): Promise<TestClient> {
    const client = this.connect(undefined, capacity);
    void client.session.authenticate(token);
    await this.settle();
    return client;
  }

  /** Lets promises run on and the turn end; no time passes. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
    this.endTurn();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.settle();
  }

  endTurn(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }
}

export class TestClient {
  readonly session: Session<TestIdentity>;
  readonly transport: FakeTransport;
  readonly #bench: Bench;

  constructor(bench: Bench, session: Session<TestIdentity>, transport: FakeTransport) {
    this.#bench = bench;
    this.session = session;
    this.transport = transport;
  }

  /** Sends messages, all in one frame, and lets them be answered. */
  async send(...messages: (object | string)[]): Promise<void> {
    const lines = messages.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
    this.session.receive(lines.join("\n"));
    await this.#bench.settle();
  }

  subscribe(channel: string, more: object = {}): Promise<void> {
    return this.send({ type: "subscribe", channel, ...more });
  }
}
