import { setTimeout as pause } from "node:timers/promises";
import type { Contender, Server } from "../contender.js";
import { usage } from "../cpu.js";
import type { PlanSpec } from "../generator.js";
import { seconds, stretch } from "../measure.js";
import { ioredis, keywire } from "../peers/index.js";
import { withClients } from "../with-server.js";
import type { Bench, Case, Workload } from "../workload.js";

/** Commands that Redis may have before it. */
const IN_FLIGHT = 1_000;
/** ms between two looks whether all has been read. */
const LOOK = 200;
/** Notifications a second, on one core. */
const LEAST = 250_000;
const PLAN: PlanSpec = { name: "prefixes", clients: 1, prefixes: 1 };

/** Nobody is told of anything: what is left is reading, parsing and routing. */
function caseOf(contender: Contender): Case {
  return {
    name: contender.name,
    run(bench) {
      const length = seconds(bench.size);
      const clients = { plan: PLAN, clients: 1, events: ["nothing"] };
      return withClients(contender, bench, clients, async (server) => {
        const flood = async (time: number) => {
          const before = usage(server.pids).cpuMs;
          const pace = { inFlight: IN_FLIGHT };
          const { writes } = await stretch(bench, server, PLAN, pace, time, "silent");
          await allRead(bench, server);
          return ((usage(server.pids).cpuMs - before) * 1_000) / writes;
        };
        await flood(length / 2);
        const cpu = await flood(length);
        return { cpu, "/s of one core": 1_000_000 / cpu };
      });
    },
  };
}

/** Redis has nothing left to send, and the server nothing to do. */
async function allRead({ redis }: Bench, { pids }: Server): Promise<void> {
  for (let last = -1; ; ) {
    const clients = String(await redis.client.client("LIST", "TYPE", "PUBSUB"));
    const isSent = !/ omem=[1-9]/.test(clients);
    const now = usage(pids).cpuMs;
    if (isSent && now - last < LOOK / 20) return;
    last = now;
    await pause(LOOK);
  }
}

export const intake: Workload = {
  name: "intake",
  title: "Intake of one node link: notifications that nobody is told of",
  cases: [ioredis, keywire].map(caseOf),
  marks: [
    {
      what: "intake of one node link",
      atLeast: "250,000 notifications/s on one core, or ioredis' own limit named",
      judge(outcome) {
        const figure = "/s of one core";
        const own = outcome.get(keywire.name)?.[figure];
        const limit = outcome.get(ioredis.name)?.[figure];
        if (own === undefined || limit === undefined) return undefined;
        const inThousands = (count: number) => `${Math.round(count / 1_000)},000/s`;
        return {
          reached: own >= LEAST,
          was: `${inThousands(own)}; ioredis alone ${inThousands(limit)}`,
        };
      },
    },
  ],
};
