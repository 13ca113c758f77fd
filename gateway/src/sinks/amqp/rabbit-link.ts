import { type Channel, Connection, type ReturnedMessage } from "rabbitmq-client";
import { type BrokerAddress, parseBrokerUrl } from "./broker-url.js";
import type { BrokerLink, LinkEvents, Message, OpenLink, Outcome } from "./ports.js";

/** ms for the TCP and TLS handshake and AMQP's own. */
const CONNECT_TIMEOUT = 5_000;
/** Bytes: headers must fit into one frame, and a body takes fewer of them. */
const FRAME_MAX = 131_072;

/**
 * Links to a broker by its address, `amqp://user:password@host:port/vhost` or `amqps://…`.
 *
 * One connection of the client each: how often and when the broker is tried again, and what becomes
 * of what was under way, is for whoever opens the next one.
 */
export function rabbitLinks(url: string): OpenLink {
  const address = parseBrokerUrl(url);
  return (settings, events) => new RabbitLink(address, settings, events);
}

interface Settlement {
  readonly id: string;
  readonly settled: (outcome: Outcome) => void;
  readonly outcome: Outcome;
}

class RabbitLink implements BrokerLink {
  readonly #connection: Connection;
  readonly #events: LinkEvents;
  #channel: Channel | undefined;
  #state: "opening" | "up" | "ended" = "opening";
  #reason: string | undefined;
  readonly #returned = new Set<string>();
  #settled: Settlement[] = [];

  constructor(address: BrokerAddress, settings: Parameters<OpenLink>[0], events: LinkEvents) {
    this.#events = events;
    this.#connection = new Connection({
      ...address,
      connectionName: "keywire",
      connectionTimeout: CONNECT_TIMEOUT,
      acquireTimeout: CONNECT_TIMEOUT,
      frameMax: FRAME_MAX,
      heartbeat: Math.ceil(settings.heartbeat / 1_000),
      noDelay: true,
    });
    // It tells the first error and would go on by itself: each link is tried once.
    this.#connection.on("error", (error) => this.#down(reasonOf(error)));
    this.#connection.on("connection.blocked", (reason) => {
      if (this.#state !== "ended") events.blocked(String(reason));
    });
    this.#connection.on("connection.unblocked", () => {
      if (this.#state !== "ended") events.unblocked();
    });
    this.#open(settings.exchange).catch((error: unknown) => this.#down(reasonOf(error)));
  }

  publish({ body, ...properties }: Message, settled: (outcome: Outcome) => void): void {
    const { messageId } = properties;
    const publish = this.#channel?.basicPublish({ ...properties, mandatory: true }, body);
    publish?.then(
      () => this.#tell(messageId, settled, "confirmed"),
      (error: unknown) => {
        if (codeOf(error) === "NACK") this.#tell(messageId, settled, "refused");
        // The channel has ended, with a reason where the broker ended it: that is told by itself.
        else if (codeOf(error) !== "CH_CLOSE") this.#reason ??= reasonOf(error);
      },
    );
  }

  end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#connection.unsafeDestroy();
  }

  async #open(exchange: string): Promise<void> {
    const channel = await this.#connection.acquire();
    // Publishing to an exchange that is not there ends the channel, and with it what is under way.
    if (exchange !== "") await channel.exchangeDeclare({ exchange, passive: true });
    await channel.confirmSelect();
    channel.on("basic.return", ({ messageId }: ReturnedMessage) => {
      if (messageId !== undefined) this.#returned.add(messageId);
    });
    // What the client tells first is that the channel is gone, and then why.
    channel.once("close", () => {
      setImmediate(() => this.#down(this.#reason ?? "the broker closed the channel"));
    });
    if (this.#state !== "opening") return;
    this.#state = "up";
    this.#channel = channel;
    this.#events.up();
  }

  /**
   * The client tells of a return one round of the event loop late, and so behind the confirmation that
   * follows it: confirmations are told two rounds late.
   */
  #tell(id: string, settled: (outcome: Outcome) => void, outcome: Outcome): void {
    this.#settled.push({ id, settled, outcome });
    if (this.#settled.length > 1) return;
    setImmediate(() => {
      const all = this.#settled;
      this.#settled = [];
      setImmediate(() => this.#tellAll(all));
    });
  }

  #tellAll(settlements: readonly Settlement[]): void {
    for (const { id, settled, outcome } of settlements) {
      if (this.#state === "ended") return;
      settled(this.#returned.delete(id) ? "returned" : outcome);
    }
  }

  #down(reason: string): void {
    if (this.#state === "ended") return;
    this.end();
    this.#events.down(reason);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = error instanceof AggregateError ? error.errors.map(reasonOf).join("; ") : "";
  return error.message || parts || String(codeOf(error) ?? error.name);
}
