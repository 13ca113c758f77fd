import type { Clock } from "@keywire/shared";
import type { ConnectionStatus } from "./connection.js";
import type { Loss, LossReason } from "./losses.js";
import type { ForwarderSettings } from "./ports.js";

/** What somebody who runs this would want to read in a log. */
export interface ForwarderReport {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** ms between two log lines about the same trouble, as long as it goes on. */
const SAY_AGAIN = 10_000;

/** Puts into words what happens to the forwarder, and says of what goes on only now and then. */
export class Announcer {
  readonly #clock: Clock;
  readonly #report: (report: ForwarderReport) => void;
  readonly #saidAt = new Map<string, number>();

  constructor(clock: Clock, report: (report: ForwarderReport) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  connection({ state, reason, nextAttempt }: ConnectionStatus): void {
    const level = state === "waiting" || state === "blocked" ? "warn" : "info";
    const retryIn = nextAttempt === undefined ? {} : { nextAttempt };
    this.#say(level, `the broker is ${IN_WORDS[state]}`, { ...(reason && { reason }), ...retryIn });
  }

  turnedBack(
    outcome: "returned" | "refused",
    { exchange, routingKey }: Pick<ForwarderSettings, "exchange" | "routingKey">,
  ): void {
    const what =
      outcome === "returned"
        ? "the broker has no queue for what is sent: bind one to the exchange by the routing key"
        : "the broker refuses what is sent";
    this.#sayNowAndThen(outcome, what, { exchange, routingKey });
  }

  /** @param total how many were lost for this reason by now */
  lost({ reason, count, from, to }: Loss, total: number): void {
    const fields = { reason, count, from, to, total };
    this.#sayNowAndThen(reason, `events are not forwarded: ${LOST_BECAUSE[reason]}`, fields);
  }

  /** How many entries the fallback held, and holds. */
  fallback(was: number, length: number): void {
    if (was === 0 && length > 0) this.#say("warn", "events go into the fallback", { length });
    if (was > 0 && length === 0) this.#say("info", "the fallback is empty");
  }

  /** Somebody had what the fallback held thrown away. */
  purged(events: number): void {
    this.#say("warn", "the fallback was purged: what it held is not forwarded", { events });
  }

  storeAway(error: unknown): void {
    this.#say("warn", "Redis does not answer: events wait in memory", { error });
  }

  storeRefuses(error: unknown): void {
    const what = "Redis takes nothing into the fallback: events wait in memory";
    this.#sayNowAndThen("refusal", what, { error });
  }

  storeBack(): void {
    this.#say("info", "Redis takes events again");
  }

  broke(error: unknown): void {
    this.#say("error", "the AMQP forwarder failed", { error });
  }

  #sayNowAndThen(about: string, message: string, fields: Record<string, unknown>): void {
    const now = this.#clock.now();
    const at = this.#saidAt.get(about);
    if (at !== undefined && now - at < SAY_AGAIN) return;
    this.#saidAt.set(about, now);
    this.#say("warn", message, fields);
  }

  #say(
    level: ForwarderReport["level"],
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    this.#report({ level, message, ...(fields === undefined ? {} : { fields }) });
  }
}

const IN_WORDS: Readonly<Record<ConnectionStatus["state"], string>> = {
  disconnected: "disconnected",
  idle: "not needed yet",
  connecting: "being connected to",
  connected: "connected",
  blocked: "connected, but takes no messages for now",
  waiting: "away, and is tried again",
};

const LOST_BECAUSE: Readonly<Record<LossReason, string>> = {
  fallback_full: "the fallback is full",
  memory_full: "neither the broker nor Redis takes them, and the memory is full",
  redis_lost: "Redis has lost what it had taken into the fallback",
  too_large: "their keys are larger than a broker takes",
  unreadable: "entries of the fallback are none of ours",
  source: "Redis may not have told them",
  unattended: "no gateway listened",
  overflow: "too many waited for a gateway to take their part of the keyspace over",
};
