import { type Clock, CloseCode, type Timer, WireError } from "@keywire/shared";
import type { Identity, Transport } from "./ports.js";
import { Session, type SessionLimits, type SessionPorts, type SessionStatus } from "./session.js";

/** ms between two looks at what time has brought: one timer for all sessions. */
const TICK = 1_000;
/** Sessions that are told goodbye at once when the gateway drains. */
const DRAIN_BATCH = 200;

export interface RegistryLimits extends SessionLimits {
  /** Sessions in all. */
  readonly sessions: number;
  readonly sessionsPerUser: number;
  readonly sessionsPerAddress: number;
}

export interface RegistryPorts<I extends Identity>
  extends Omit<SessionPorts<I>, "admit" | "touch" | "closed"> {
  readonly limits: RegistryLimits;
  readonly atEndOfTurn: (fn: () => void) => void;
  readonly newId: () => string;
}

export interface Drain {
  /** ms within which all sessions must have been told to go. */
  readonly within: number;
  /** When clients may come back, ms. */
  readonly reconnect: { readonly min: number; readonly max: number };
}

/** All sessions: who may come in, what time brings to them, and how they leave. */
export class SessionRegistry<I extends Identity = Identity> {
  readonly #ports: RegistryPorts<I>;
  readonly #clock: Clock;
  readonly #sessions = new Set<Session<I>>();
  readonly #perUser = new Map<string, number>();
  readonly #perAddress = new Map<string, number>();
  #touched: Session<I>[] = [];
  #timer: Timer | undefined;
  #state: "open" | "draining" = "open";

  constructor(ports: RegistryPorts<I>) {
    this.#ports = ports;
    this.#clock = ports.clock;
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
   * @throws WireError `limit_exceeded` or `unavailable`
   */
  open(transport: Transport, address: string): Session<I> {
    this.#checkRoom(address);
    const session: Session<I> = new Session<I>({ id: this.#ports.newId(), address }, transport, {
      ...this.#ports,
      admit: (_, user) => this.#admit(user),
      touch: (touched) => this.#touch(touched),
      closed: (closed) => this.#remove(closed),
    });
    this.#sessions.add(session);
    add(this.#perAddress, address, 1);
    this.#ports.report.opened(transport.kind);
    return session;
  }

  #checkRoom(address: string): void {
    const { sessions, sessionsPerAddress } = this.#ports.limits;
    if (this.#state === "draining") {
      throw new WireError(
        "unavailable",
        "this gateway is going away; connect again for another one",
      );
    }
    if (this.#sessions.size >= sessions) {
      this.#ports.report.limited("sessions");
      throw new WireError(
        "limit_exceeded",
        `this gateway serves ${sessions} sessions, and has them`,
      );
    }
    if ((this.#perAddress.get(address) ?? 0) >= sessionsPerAddress) {
      this.#ports.report.limited("sessions_per_address");
      throw new WireError(
        "limit_exceeded",
        `an address may open ${sessionsPerAddress} sessions, and has them`,
      );
    }
  }

  /** Sends what this turn brought, one write per session. */
  flush(): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const session of touched) session.flush();
  }

  /** Ends the sessions whose tokens were revoked. */
  checkRevoked(): void {
    for (const session of [...this.#sessions]) session.checkRevoked();
  }

  status(): SessionStatus[] {
    return [...this.#sessions].map((session) => session.status());
  }

  /** Says goodbye to all, in batches spread over the time, and lets nobody in any more. */
  async drain({ within, reconnect }: Drain): Promise<void> {
    this.#state = "draining";
    const leaving = [...this.#sessions];
    const batches = Math.ceil(leaving.length / DRAIN_BATCH);
    for (let batch = 0; batch < batches; batch++) {
      if (batch > 0) await this.#wait(within / batches);
      for (const session of leaving.slice(batch * DRAIN_BATCH, (batch + 1) * DRAIN_BATCH)) {
        session.sayGoodbye("draining", reconnect);
        session.close(CloseCode.ServiceRestart, "the gateway is going away");
      }
    }
  }

  stop(): void {
    this.#timer?.cancel();
    for (const session of [...this.#sessions])
      session.close(CloseCode.GoingAway, "the gateway stops");
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }

  #tick(): void {
    const now = this.#clock.now();
    for (const session of [...this.#sessions]) session.tick(now);
    this.#timer = this.#clock.after(TICK, () => this.#tick());
  }

  #touch(session: Session<I>): void {
    if (this.#touched.length === 0) this.#ports.atEndOfTurn(() => this.flush());
    this.#touched.push(session);
  }

  #admit(user: string): void {
    const { sessionsPerUser } = this.#ports.limits;
    if ((this.#perUser.get(user) ?? 0) >= sessionsPerUser) {
      this.#ports.report.limited("sessions_per_user");
      throw new WireError(
        "limit_exceeded",
        `a user may have ${sessionsPerUser} sessions, and has them`,
      );
    }
    add(this.#perUser, user, 1);
  }

  #remove(session: Session<I>): void {
    if (!this.#sessions.delete(session)) return;
    add(this.#perAddress, session.address, -1);
    if (session.identity !== undefined) add(this.#perUser, session.identity.user, -1);
  }
}

function add(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count <= 0) counts.delete(key);
  else counts.set(key, count);
}
