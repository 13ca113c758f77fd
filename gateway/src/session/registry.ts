import { type Clock, CloseCode, type Timer, WireError } from "@keywire/shared";
import type { Identity, SessionLimit, Transport } from "./ports.js";
import { Session, type SessionLimits, type SessionPorts, type SessionStatus } from "./session.js";
import { Tally } from "./tally.js";
import { TurnQueue } from "./turn-queue.js";

/** ms between two looks at what time has brought: one timer for all sessions. */
const TICK = 500;
/** Sessions that are told goodbye at once when the gateway drains. */
const DRAIN_BATCH = 200;
/** ms between two batches, where there is time for that. */
const DRAIN_PAUSE = 100;

export interface RegistryLimits extends SessionLimits {
  /** Sessions in all. */
  readonly sessions: number;
  readonly sessionsPerUser: number;
  readonly sessionsPerAddress: number;
  /** Bytes that may wait for one client. */
  readonly outbox: number;
  /** What happens when more would have to wait. */
  readonly slowConsumer: "gap" | "disconnect";
}

export interface RegistryPorts<I extends Identity>
  extends Omit<SessionPorts<I>, "admit" | "closed" | "outbox"> {
  readonly limits: RegistryLimits;
  /** Runs the task once, when the present turn of the event loop has handed in all it has. */
  readonly atEndOfTurn: (task: () => void) => void;
  readonly newId: () => string;
  /** A number in [0, 1), to spread what clients would else do at once. */
  readonly random: () => number;
}

export interface Drain {
  /** ms within which all sessions must be gone. */
  readonly within: number;
  /** When clients may come back, ms. */
  readonly reconnect: { readonly min: number; readonly max: number };
}

/** All sessions: who may come in, what time brings to them, and how they leave. */
export class SessionRegistry<I extends Identity = Identity> {
  readonly #ports: RegistryPorts<I>;
  readonly #sessionPorts: SessionPorts<I>;
  readonly #clock: Clock;
  readonly #sessions = new Set<Session<I>>();
  readonly #users = new Tally();
  readonly #addresses = new Tally();
  #timer: Timer | undefined;
  #emptied: (() => void) | undefined;
  #state: "open" | "draining" = "open";

  constructor(ports: RegistryPorts<I>) {
    this.#ports = ports;
    this.#clock = ports.clock;
    this.#sessionPorts = {
      ...ports,
      outbox: {
        limit: ports.limits.outbox,
        policy: ports.limits.slowConsumer,
        turn: new TurnQueue(ports.atEndOfTurn),
        dropped: (count) => ports.report.dropped(count),
        sent: (bytes) => ports.report.sent(bytes),
      },
      admit: (user, before) => this.#admit(user, before),
      closed: (session) => this.#closed(session),
    };
  }

  start(): void {
    this.#timer = this.#clock.after(TICK, () => this.#tick());
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Lets a client in that has yet to show its token.
   *
   * @throws WireError `limit_exceeded`, or `unavailable` while the gateway drains
   */
  open(transport: Transport, address: string): Session<I> {
    this.#checkRoom(address);
    const id = this.#ports.newId();
    const session = new Session<I>({ id, address }, transport, this.#sessionPorts);
    this.#sessions.add(session);
    this.#addresses.add(address);
    this.#ports.report.opened(transport.kind);
    return session;
  }

  /** Ends the sessions whose tokens were revoked. */
  checkRevoked(): void {
    for (const session of [...this.#sessions]) session.checkRevoked();
  }

  status(): SessionStatus[] {
    return [...this.#sessions].map(({ status }) => status);
  }

  /**
   * Lets nobody in any more, and has all leave: in batches, and each told to come back in another
   * part of the time, so that the gateways that go on are not run over.
   *
   * Resolves when all are gone, or the time is over.
   */
  async drain({ within, reconnect }: Drain): Promise<void> {
    this.#state = "draining";
    const deadline = this.#clock.now() + within;
    const leaving = [...this.#sessions];
    const batches = Math.ceil(leaving.length / DRAIN_BATCH);
    const pause = Math.min(DRAIN_PAUSE, within / 2 / Math.max(batches, 1));
    for (let batch = 0; batch < batches; batch++) {
      if (batch > 0) await this.#wait(pause);
      for (const session of leaving.slice(batch * DRAIN_BATCH, (batch + 1) * DRAIN_BATCH)) {
        session.leave("draining", this.#spread(reconnect));
      }
    }
    await this.#empty(deadline - this.#clock.now());
  }

  stop(): void {
    this.#timer?.cancel();
    for (const session of [...this.#sessions]) {
      session.close(CloseCode.GoingAway, "the gateway stops");
    }
  }

  // Room

  #checkRoom(address: string): void {
    const { sessions, sessionsPerAddress: perAddress } = this.#ports.limits;
    if (this.#state === "draining") {
      throw new WireError("unavailable", "this gateway is going away; connect again for another");
    }
    if (this.#sessions.size >= sessions) {
      throw this.#limit("sessions", `this gateway serves ${sessions} sessions, and has them`);
    }
    if (this.#addresses.of(address) >= perAddress) {
      const sentence = `an address may have ${perAddress} sessions, and this one has them`;
      throw this.#limit("sessions_per_address", sentence);
    }
  }

  #admit(user: string, before: string | undefined): void {
    if (user === before) return;
    const { sessionsPerUser: perUser } = this.#ports.limits;
    if (this.#users.of(user) >= perUser) {
      const sentence = `a user may have ${perUser} sessions, and this one has them`;
      throw this.#limit("sessions_per_user", sentence);
    }
    this.#users.add(user);
    if (before !== undefined) this.#users.remove(before);
  }

  #limit(limit: SessionLimit, sentence: string): WireError {
    this.#ports.report.limited(limit);
    return new WireError("limit_exceeded", `${sentence}; close some, or try again later`);
  }

  #closed(session: Session<I>): void {
    if (!this.#sessions.delete(session)) return;
    this.#addresses.remove(session.address);
    if (session.identity !== undefined) this.#users.remove(session.identity.user);
    if (this.#sessions.size === 0) this.#emptied?.();
  }

  // Time

  #tick(): void {
    const now = this.#clock.now();
    for (const session of this.#sessions) session.tick(now);
    this.#timer = this.#clock.after(TICK, () => this.#tick());
  }

  #spread({ min, max }: Drain["reconnect"]): Drain["reconnect"] {
    // A window of its own for each, a quarter of the whole one long.
    const start = Math.round(min + this.#ports.random() * (max - min) * 0.75);
    return { min: start, max: Math.round(start + (max - min) * 0.25) };
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }

  #empty(within: number): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.after(within, () => done());
      const done = () => {
        timer.cancel();
        this.#emptied = undefined;
        resolve();
      };
      this.#emptied = done;
    });
  }
}
