import { type Backoff, backoffDelay, type Clock, type Timer } from "@keywire/shared";
import type { BrokerLink, ForwarderSettings, OpenLink } from "./ports.js";

/**
 * `disconnected`: by hand, and it stays so. `idle`: nothing was to be sent yet. `waiting`: an attempt
 * failed, or the connection was lost; another one follows. `blocked`: the broker takes nothing.
 */
export type ConnectionState =
  | "disconnected"
  | "idle"
  | "connecting"
  | "connected"
  | "blocked"
  | "waiting";

export interface ConnectionStatus {
  readonly state: ConnectionState;
  /** ms since the Unix epoch. */
  readonly since: number;
  /** Why it is not connected. */
  readonly reason?: string;
  /** When it is tried again, ms since the Unix epoch. */
  readonly nextAttempt?: number;
}

export interface ConnectionListener {
  /** The state has changed. */
  changed(status: ConnectionStatus): void;
  /** The link has ended: what was under way on it is not known to have arrived. */
  lost(): void;
}

export interface ConnectionPorts {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly openLink: OpenLink;
}

export type LinkSettings = Pick<ForwarderSettings, "exchange" | "heartbeat">;

const BACKOFF: Backoff = { min: 500, max: 15_000 };
/** ms that a connection must have lasted for the next loss to count as the first one. */
const SETTLED = 5_000;

/** Whether and how the broker is reached: lazily, again and again, and not at all where told so. */
export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #listener: ConnectionListener;
  #settings: LinkSettings;
  #status: ConnectionStatus;
  #link: BrokerLink | undefined;
  #timer: Timer | undefined;
  #failures = 0;

  constructor(ports: ConnectionPorts, listener: ConnectionListener, settings: LinkSettings) {
    this.#ports = ports;
    this.#listener = listener;
    this.#settings = settings;
    this.#status = { state: "idle", since: ports.clock.now() };
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** What takes messages now. */
  get link(): BrokerLink | undefined {
    return this.#status.state === "connected" ? this.#link : undefined;
  }

  /** There is something to send. */
  need(): void {
    if (this.#status.state === "idle") this.#open();
  }

  /** Ends what `disconnect` began, and does not wait for the next attempt. */
  connect(): void {
    if (this.#status.state !== "disconnected" && this.#status.state !== "waiting") return;
    this.#failures = 0;
    this.#open();
  }

  disconnect(): void {
    if (this.#status.state === "disconnected") return;
    this.#end();
    this.#become("disconnected", { reason: "it was disconnected by hand" });
  }

  /** Whether a link with other settings takes another connection. */
  isReplacedBy({ exchange, heartbeat }: LinkSettings): boolean {
    return exchange !== this.#settings.exchange || heartbeat !== this.#settings.heartbeat;
  }

  /** What the next link is opened with; one that is open is replaced. */
  configure(settings: LinkSettings): void {
    if (!this.isReplacedBy(settings)) return;
    this.#settings = settings;
    if (this.#status.state === "disconnected" || this.#status.state === "idle") return;
    this.#failures = 0;
    this.#end();
    this.#open();
  }

  close(): void {
    this.#end();
    if (this.#status.state !== "disconnected") this.#become("disconnected", { reason: "closed" });
  }

  #open(): void {
    this.#timer?.cancel();
    this.#become("connecting");
    const own = (act: () => void) => () => {
      if (this.#link === link) act();
    };
    const link: BrokerLink = this.#ports.openLink(this.#settings, {
      up: () => own(() => this.#become("connected"))(),
      down: (reason) => own(() => this.#down(reason))(),
      blocked: (reason) => own(() => this.#become("blocked", { reason }))(),
      unblocked: () => own(() => this.#become("connected"))(),
    });
    this.#link = link;
  }

  #down(reason: string): void {
    const { clock, random } = this.#ports;
    const { state, since } = this.#status;
    const wasUp = state === "connected" || state === "blocked";
    if (wasUp && clock.now() - since >= SETTLED) this.#failures = 0;
    this.#link = undefined;
    const delay = backoffDelay(BACKOFF, this.#failures++, random());
    this.#timer = clock.after(delay, () => this.#open());
    this.#become("waiting", { reason, nextAttempt: clock.now() + delay });
    if (wasUp) this.#listener.lost();
  }

  /** Ends the link, or the waiting for one. */
  #end(): void {
    this.#timer?.cancel();
    const link = this.#link;
    this.#link = undefined;
    link?.end();
    if (link !== undefined) this.#listener.lost();
  }

  #become(state: ConnectionState, more: Omit<ConnectionStatus, "state" | "since"> = {}): void {
    this.#status = { state, since: this.#ports.clock.now(), ...more };
    this.#listener.changed(this.#status);
  }
}
