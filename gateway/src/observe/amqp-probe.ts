import type { Instruments } from "./instruments.js";

/** The AMQP forwarder just now, read when metrics are asked for. */
export interface AmqpProbe {
  readonly connection: { readonly state: string };
  readonly counts: {
    readonly published: number;
    readonly confirmed: number;
    readonly repeated: number;
    readonly stored: number;
    readonly drained: number;
    readonly returned: number;
    readonly refused: number;
  };
  readonly fallback: { readonly length: number | undefined };
  readonly memory: { readonly events: number; readonly bytes: number };
  readonly inFlight: number;
  readonly lost: {
    readonly events: Readonly<Record<string, number>>;
    readonly stretches: Readonly<Record<string, number>>;
  };
}

/** Why events are not forwarded. */
const LOSSES = [
  ...["fallback_full", "memory_full", "redis_lost", "too_large", "unreadable"],
  ...["source", "unattended", "overflow"],
];

export function probeAmqp(instruments: Instruments, read: () => AmqpProbe): void {
  instruments.gauge("amqp_connected", "Gateways that the broker takes messages from", () =>
    Number(read().connection.state === "connected"),
  );
  probeWaiting(instruments, read);
  instruments.count(
    "amqp_messages_total",
    "Messages by what became of them: published is each one handed to the broker",
    () => ({ ...read().counts }),
    "outcome",
  );
  probeLost(instruments, read);
}

function probeWaiting(instruments: Instruments, read: () => AmqpProbe): void {
  const gauge = (name: string, help: string, figure: (amqp: AmqpProbe) => number) =>
    instruments.gauge(name, help, () => figure(read()));
  instruments.gauge(
    "amqp_fallback_events",
    "Events of all gateways that wait in the fallback in Redis",
    () => read().fallback.length ?? 0,
    { together: "first" },
  );
  gauge("amqp_memory_events", "Events that wait in memory", ({ memory }) => memory.events);
  gauge("amqp_memory_bytes", "Bytes of them, roughly", ({ memory }) => memory.bytes);
  gauge("amqp_in_flight", "Messages that the broker has not confirmed yet", ({ inFlight }) => {
    return inFlight;
  });
}

function probeLost(instruments: Instruments, read: () => AmqpProbe): void {
  instruments.count(
    "amqp_lost_events_total",
    "Events that were not forwarded, by reason, where their number is known",
    () => read().lost.events,
    "reason",
    LOSSES,
  );
  instruments.count(
    "amqp_lost_stretches_total",
    "Stretches of time of which events were not forwarded, or may not have been, by reason",
    () => read().lost.stretches,
    "reason",
    LOSSES,
  );
}
