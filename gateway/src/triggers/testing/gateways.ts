import type { Interest } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import type { Commands } from "../engine/ports.js";
import type { TriggersReport } from "../ports.js";
import { Triggers } from "../triggers.js";
import { FakeEngine } from "./fake-library.js";
import { FakeRedis } from "./fake-store.js";

let ids = 0;
const NO_COMMANDS: Commands = {
  execute: async () => Buffer.from("_\r\n"),
  nodes: async () => [],
  nodeOf: async () => "",
};

export interface FakeGateway {
  readonly triggers: Triggers;
  readonly engine: FakeEngine;
  readonly reports: TriggersReport[];
  readonly interests: () => readonly Interest[];
  /** Whether it holds the keyspace; all do at first. */
  isHolder: boolean;
  /** Feeds an event, and tells whether it was done. */
  feed(key: string, event: string, origin?: string): { readonly isDone: boolean };
}

/** Gateways on one Redis, in virtual time. */
export class Gateways {
  readonly clock = new VirtualClock();
  readonly redis = new FakeRedis(() => this.clock.now());
  /** ms */
  monotonic = 0;

  async start(queue = 1_000, commands: Commands = NO_COMMANDS): Promise<FakeGateway> {
    const engine = new FakeEngine();
    const reports: TriggersReport[] = [];
    let interests: readonly Interest[] = [];
    const triggers = new Triggers(
      {
        store: this.redis.connect(),
        open: engine.load,
        commands,
        feeding: {
          async setInterests(wanted) {
            interests = wanted;
          },
          holds: () => fake.isHolder,
          tenure: () => (fake.isHolder ? "all" : "none"),
        },
        clock: this.clock,
        monotonic: () => this.monotonic,
        gateway: `gateway${++ids}`,
        newId: () => `id${++ids}`,
        user: "default",
        report: (report) => reports.push(report),
      },
      { queue },
    );
    const clock = this.clock;
    const fake: FakeGateway = {
      isHolder: true,
      triggers,
      engine,
      reports,
      interests: () => interests,
      feed(key, event, origin) {
        const fed = { isDone: false };
        const told = { db: 0, key: Buffer.from(key), event, receivedAt: clock.now() };
        triggers.worker.take({ ...told, ...(origin === undefined ? {} : { origin }) }, () => {
          fed.isDone = true;
        });
        return fed;
      },
    };
    await triggers.start();
    return fake;
  }
}
