import {
  type Clock,
  type GatewayMessage,
  type SnapshotMessage,
  type SubscribedMessage,
  WireError,
} from "@keywire/shared";
import type { RequestId } from "./client-message.js";
import { Outbox, type OutboxPorts, type Resyncer } from "./outbox.js";
import type { MemberGap, Messages, Outgoing, SessionReport, Transport } from "./ports.js";
import { answerWithKeys, gapMessage, single, snapshotMessage } from "./single.js";

/** What all outlets share. */
export interface OutletPorts {
  readonly clock: Clock;
  readonly outbox: OutboxPorts;
  readonly report: SessionReport;
}

/** Whose outlet it is. */
export interface OutletOwner extends Resyncer {
  /** The client does not read, and no more may wait for it. */
  overflowed(): void;
}

/** All that one client is told. */
export class Outlet {
  readonly #ports: OutletPorts;
  readonly #owner: OutletOwner;
  readonly #outbox: Outbox;

  constructor(transport: Transport, ports: OutletPorts, owner: OutletOwner) {
    this.#ports = ports;
    this.#owner = owner;
    this.#outbox = new Outbox(transport, ports.outbox, owner);
  }

  get outbox(): Outbox {
    return this.#outbox;
  }

  overflowed(): void {
    this.#owner.overflowed();
  }

  send(message: GatewayMessage): void {
    this.#push(single(message));
  }

  subscribed(message: SubscribedMessage): void {
    if (message.snapshot === undefined) this.send(message);
    else this.#push(answerWithKeys(message, this.#ports.clock.now()));
  }

  deliver(messages: Messages): void {
    this.#push(messages);
  }

  gap(channel: string, epoch: string, gap: MemberGap): void {
    this.#push(gapMessage(channel, epoch, gap));
  }

  /** A snapshot behind a gap of this client alone. */
  snapshot(message: SnapshotMessage, epoch: string): void {
    this.#push(snapshotMessage(message, epoch, this.#ports.clock.now()));
  }

  /**
   * Tells the client of an error; what is none of its doing, it is told without the details.
   *
   * @returns the error as it was told
   */
  refuse(error: unknown, id?: RequestId): WireError {
    const fault = error instanceof WireError ? error : this.#internal(error);
    if (this.#outbox.isClosed) return fault;
    const { code, message } = fault;
    this.#ports.report.refused(code);
    this.send({ type: "error", ...(id === undefined ? {} : { id }), code, message });
    return fault;
  }

  #internal(cause: unknown): WireError {
    this.#ports.report.failed(cause);
    return new WireError("internal", "something went wrong in the gateway; try again", { cause });
  }

  #push(item: Outgoing): void {
    if (!this.#outbox.push(item)) this.overflowed();
  }
}
