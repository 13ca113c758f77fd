import { VirtualClock } from "@keywire/shared/testing";
import type { ForwarderReport } from "../announcer.js";
import { Forwarder } from "../forwarder.js";
import type { ForwarderSettings, SinkEvent } from "../ports.js";
import { FakeBroker } from "./fake-broker.js";
import { FakeFallback, FakeRedis } from "./fake-fallback.js";

export const SETTINGS: ForwarderSettings = {
  events: "A",
  exchange: "amq.direct",
  routingKey: "redis_keyspace_events",
  deliveryMode: 1,
  heartbeat: 30_000,
  masks: ["ALL"],
  format: "lines",
  fallbackSize: 0,
  fallbackPolicy: "drop_oldest",
  unroutable: "keep",
};

/** Gateways that forward numbered events of a few keys, and what became of each event. */
export class Story {
  readonly clock = new VirtualClock();
  readonly broker = new FakeBroker(this.clock);
  readonly redis = new FakeRedis(this.clock);
  readonly reports: ForwarderReport[] = [];
  readonly gateways: Forwarder[] = [];
  readonly done = new Set<number>();
  #raised = 0;

  constructor(settings: Partial<ForwarderSettings> = {}, gateways = 1, memoryBytes = 1_000_000) {
    for (let index = 0; index < gateways; index++) {
      const life = `g${index}`;
      const forwarder = new Forwarder(
        {
          clock: this.clock,
          random: () => 0.5,
          openLink: this.broker.open,
          store: new FakeFallback(this.redis, life),
          endOfTurn: (task) => void this.clock.after(0, task),
          life,
          report: (report) => this.reports.push(report),
        },
        { ...SETTINGS, ...settings },
        memoryBytes,
      );
      forwarder.start();
      this.gateways.push(forwarder);
    }
  }

  get first(): Forwarder {
    return this.gatewayOf(0);
  }

  get raised(): number {
    return this.#raised;
  }

  /** Events of key `k<number>`, told by the gateway that has the key's part. */
  raise(count: number, key = 0, gateway = 0): void {
    for (let index = 0; index < count; index++) {
      const number = this.#raised++;
      const event: SinkEvent = {
        node: "127.0.0.1:7000",
        db: 0,
        key: Buffer.from(`k${key}:${number}`),
        event: "set",
        receivedAt: this.clock.now(),
      };
      this.gatewayOf(gateway).take(event, () => {
        if (this.done.has(number)) throw new Error(`event ${number} was done twice`);
        this.done.add(number);
      });
    }
  }

  /** The numbers of the events in the queue, in their order, repeated ones included. */
  arrived(): number[] {
    return this.broker.queue.map(({ body }) => Number(body.toString().split(":").at(-1)));
  }

  /** The same, each as it came first. */
  firsts(): number[] {
    return [...new Set(this.arrived())];
  }

  sum(figure: (status: ReturnType<Forwarder["status"]>) => number): number {
    return this.gateways.reduce((total, gateway) => total + figure(gateway.status()), 0);
  }

  /** Of all gateways together. */
  repeated(): number {
    return this.sum(({ counts }) => counts.repeated);
  }

  lost(): number {
    const add = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    return this.sum(({ lost }) => add(Object.values(lost.events)));
  }

  gatewayOf(index: number): Forwarder {
    const gateway = this.gateways[index];
    if (gateway === undefined) throw new Error(`there is no gateway ${index}`);
    return gateway;
  }

  async close(): Promise<void> {
    for (const gateway of this.gateways) {
      const closed = gateway.close();
      await this.clock.advance(5_000);
      await closed;
    }
  }
}

/** 0 up to a number, without it. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
