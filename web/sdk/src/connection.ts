import type { ClientMessage, Timer } from "@keywire/shared";
import type { ConnectionState, StateChange } from "./api.js";
import { KeywireError } from "./errors.js";
import { isOver } from "./over.js";
import { Retries } from "./retries.js";
import { Session, type SessionEnd, type SessionOwner, type SessionPort } from "./session.js";
import type { Transports } from "./transports.js";

/** What the connection needs, and whom it tells. */
export interface ConnectionPort extends SessionPort {
  readonly random: () => number;
  /** Those that there are to serve. */
  readonly channels: SessionPort["channels"] & { readonly size: number };
  /** Told after the change, with the error that made the connection fail. */
  changed(change: StateChange<ConnectionState>, error?: KeywireError): void;
}

interface Idle {
  readonly state: "idle";
}
interface Connecting {
  readonly state: "connecting";
  readonly session: Session;
}
interface Open {
  readonly state: "open";
  readonly session: Session;
}
interface Waiting {
  readonly state: "waiting";
  readonly timer: Timer;
  /** Whether the gateway asked for the pause. */
  readonly asked: boolean;
}
interface Over {
  readonly state: "closed" | "failed";
}
type Phase = Idle | Connecting | Open | Waiting | Over;

/** From where a phase may be entered. */
type Before<To extends Phase> = To extends Open
  ? Connecting
  : To extends Waiting
    ? Connecting | Open
    : Exclude<Phase, Over>;

/** The connection's state machine: sessions come and go, the connection stays. */
export class Connection implements SessionOwner {
  readonly #port: ConnectionPort;
  readonly #transports: Transports;
  readonly #retries = new Retries();
  #phase: Phase = { state: "idle" };

  constructor(port: ConnectionPort, transports: Transports) {
    this.#port = port;
    this.#transports = transports;
  }

  get state(): ConnectionState {
    return this.#phase.state;
  }

  /** Leaves `idle`, where there is something to connect for. */
  start(): void {
    if (this.#phase.state === "idle") this.#connect(this.#phase);
  }

  /** The network or the page has changed: a good moment to look. */
  hint(): void {
    const phase = this.#phase;
    if (phase.state === "open") phase.session.probe();
    // A pause that the gateway asked for is not cut short.
    else if (phase.state === "waiting" && !phase.asked) this.#connect(phase);
  }

  /** Whether the message was sent: only an open connection sends. */
  send(message: ClientMessage): boolean {
    const phase = this.#phase;
    if (phase.state === "open") phase.session.send(message);
    return phase.state === "open";
  }

  close(): void {
    const phase = this.#phase;
    if (!isOver(phase)) this.#enter(phase, { state: "closed" });
  }

  opened(session: Session): void {
    const phase = this.#phase;
    if (phase.state !== "connecting") return;
    this.#transports.welcomed();
    this.#enter(phase, { state: "open", session });
  }

  ended(end: SessionEnd): void {
    const phase = this.#phase;
    if (phase.state !== "connecting" && phase.state !== "open") return;
    if (this.#isNeedless() || this.#transports.ended(end)) {
      this.#connect(phase, end.reason);
      return;
    }
    const next = this.#retries.after(end, this.#port.random());
    if (next instanceof KeywireError) {
      this.#enter(phase, { state: "failed" }, next.message, next);
      return;
    }
    const timer = this.#port.clock.after(next, () => this.#connect(waiting));
    const waiting: Waiting = { state: "waiting", timer, asked: end.goodbye !== undefined };
    this.#enter(phase, waiting, end.reason);
  }

  #connect(from: Before<Connecting>, reason = ""): void {
    if (this.#isNeedless()) {
      this.#enter(from, { state: "idle" });
      return;
    }
    const session = new Session(this.#port, this, this.#transports.current);
    this.#enter(from, { state: "connecting", session }, reason);
    if (holds(this.#phase, session)) void session.start();
  }

  /** Whether there is nothing to connect for. */
  #isNeedless(): boolean {
    return this.#transports.current.needsChannels && this.#port.channels.size === 0;
  }

  /**
   * The one place where the state changes: leaves the old phase's things behind, and tells.
   *
   * @param from the present phase, as proof that `to` may follow it
   */
  #enter<To extends Phase>(from: Before<To>, to: To, reason = "", error?: KeywireError): void {
    this.#phase = to;
    if (from.state === "waiting") from.timer.cancel();
    if ("session" in from && !holds(to, from.session)) from.session.close();
    const [previous, { state }] = [from.state, to];
    if (state !== previous) this.#port.changed({ state, previous, reason }, error);
  }
}

function holds(phase: Phase, session: Session): boolean {
  return "session" in phase && phase.session === session;
}
