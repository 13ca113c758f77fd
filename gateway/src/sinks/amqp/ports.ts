/** One keyspace event, as much of it as is forwarded. */
export interface SinkEvent {
  /** The node's id: a cluster's 40 hex digits, else `host:port`. */
  readonly node: string;
  readonly db: number;
  readonly key: Uint8Array;
  readonly event: string;
  /** ms since the Unix epoch. */
  readonly receivedAt: number;
  /** Who wrote it, where one of our libraries did. */
  readonly origin?: string | undefined;
}

/** Events that never came to the forwarder. */
export interface MissedEvents {
  /** How many, null where nobody knows. */
  readonly count: number | null;
  /** ms since the Unix epoch; they happened between these. */
  readonly from: number;
  readonly to: number;
  readonly reason: "source" | "unattended" | "overflow";
}

/** What is set at run time, for all gateways alike. */
export interface ForwarderSettings {
  /** Letters of event classes. */
  readonly events: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly deliveryMode: 1 | 2;
  /** ms; 0 for none. */
  readonly heartbeat: number;
  /** Key masks; none forwards nothing. "ALL" among them forwards everything. */
  readonly masks: readonly string[];
  readonly format: "lines" | "json";
  /** Events that the fallback takes: 0 without a limit, negative for no fallback. */
  readonly fallbackSize: number;
  /** Which ones go where there is no room. */
  readonly fallbackPolicy: "drop_oldest" | "drop_newest";
  /** What becomes of a message that the broker has no queue for. */
  readonly unroutable: "keep" | "drop";
}

/** What goes to the broker. */
export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  readonly deliveryMode: 1 | 2;
  readonly messageId: string;
  /** Seconds since the Unix epoch: AMQP knows no finer ones. */
  readonly timestamp: number;
  readonly type: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string | number | boolean>>;
  readonly body: Buffer;
}

/** `returned`: no queue takes it. `refused`: the broker said no, and does not have it. */
export type Outcome = "confirmed" | "returned" | "refused";

/** One connection to the broker, from its opening to its end. */
export interface BrokerLink {
  /** Tells the outcome once, but for what is under way when the link ends. */
  publish(message: Message, settled: (outcome: Outcome) => void): void;
  /** Ends it; what is under way is given up. Tells nothing any more. */
  end(): void;
}

export interface LinkEvents {
  /** It takes messages. */
  up(): void;
  /** It has ended, with why. Nothing comes after it. */
  down(reason: string): void;
  /** The broker takes none for now, with why. */
  blocked(reason: string): void;
  unblocked(): void;
}

export type OpenLink = (
  settings: Pick<ForwarderSettings, "exchange" | "heartbeat">,
  events: LinkEvents,
) => BrokerLink;

/** What the fallback holds, of all gateways together. */
export interface Standing {
  /** Entries that wait, those that are being sent included. */
  readonly length: number;
  /** Whether some gateway is sending them. */
  readonly isDrained: boolean;
  /** Entries that Redis had taken and has lost, found out just now by this gateway. */
  readonly lost: number;
  /** Entries that were removed and are there again, found out just now. */
  readonly returned: number;
  /** When the oldest entry, or the oldest lost one, happened, or earlier, ms since the Unix epoch. */
  readonly since?: number;
}

export interface Appended extends Standing {
  readonly accepted: number;
  /** Entries that had to go: the oldest ones, or the newest of these. */
  readonly dropped: number;
  /** ms since the Unix epoch: when the first and the last of the dropped ones happened. */
  readonly from: number;
  readonly to: number;
}

export interface FallbackLimit {
  /** 0 for no limit. */
  readonly size: number;
  readonly policy: ForwarderSettings["fallbackPolicy"];
}

export interface DrainRequest {
  /** Remove those up to this place, which were sent. */
  readonly removeUpTo: number;
  /** The place behind the last one that was handed out already; undefined for none. */
  readonly knownUpTo: number | undefined;
  /** How many more are wanted. */
  readonly want: number;
}

export interface Drained extends Standing {
  /** False where another gateway is sending them; then nothing was done. */
  readonly isOurs: boolean;
  /** Entries that nobody has been handed yet. */
  readonly waiting: number;
  /** The place of the first entry handed out. */
  readonly first: number;
  readonly entries: readonly Uint8Array[];
  /** How many of these, at the front, were handed out before to somebody who may have sent them. */
  readonly again: number;
}

/** Redis refused a batch before it took any of it. */
export class NotTaken extends Error {
  override readonly name = "NotTaken";
}

/**
 * The fallback in Redis. Each call rejects where Redis did not answer, and may have been carried out
 * all the same; the same call again does no harm.
 */
export interface FallbackStore {
  look(): Promise<Standing>;
  /**
   * @param turn goes up by one with each batch; a repeated one is taken once
   * @throws NotTaken where Redis answered that it takes nothing, as one whose memory is full
   */
  append(turn: number, entries: readonly Uint8Array[], limit: FallbackLimit): Promise<Appended>;
  /** Makes this gateway the one that sends, where none is. */
  drain(request: DrainRequest): Promise<Drained>;
  /**
   * Leaves the sending to others: removes those before `removeUpTo`, which have arrived, and puts
   * those from `keepUpTo` on, which were not sent, back where they were.
   */
  release(request: { readonly removeUpTo: number; readonly keepUpTo: number }): Promise<void>;
  /** @returns how many there were */
  purge(): Promise<number>;
  close(): void;
}
