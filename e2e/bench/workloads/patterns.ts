import type { Contender } from "../contender.js";
import type { PlanSpec } from "../generator.js";
import { seconds, sized, stretch } from "../measure.js";
import { floor, keywire } from "../peers/index.js";
import { withClients } from "../with-server.js";
import { type Case, ratioMark, type Workload } from "../workload.js";

/** However many patterns there are, so many clients share them. */
const CLIENTS = 10;
/** Writes a second. */
const RATE = 2_000;

function caseOf(contender: Contender, patterns: number): Case {
  return {
    name: nameOf(contender, patterns),
    run(bench) {
      const prefixes = sized(bench.size, patterns, Math.min(patterns, 20));
      const clients = Math.min(CLIENTS, prefixes);
      const plan: PlanSpec = { name: "prefixes", clients, prefixes };
      const length = seconds(bench.size);
      return withClients(contender, bench, { plan, clients }, async (server) => {
        await stretch(bench, server, plan, { rate: RATE }, length / 2);
        const { writes, serverCpu, redisCpu, p99, lost } = await stretch(
          bench,
          server,
          plan,
          { rate: RATE },
          length,
        );
        return {
          "server cpu": (serverCpu * 1_000) / writes,
          "redis cpu": (redisCpu * 1_000) / writes,
          p99,
          lost,
        };
      });
    },
  };
}

function nameOf({ name }: Contender, patterns: number): string {
  return `${name}, ${patterns.toLocaleString("en")}`;
}

const [TEN, MOST] = [nameOf(keywire, 10), nameOf(keywire, 10_000)] as const;

export const patterns: Workload = {
  name: "patterns",
  title: "Distinct prefixes, 2,000 events/s, each matching one",
  cases: [
    caseOf(keywire, 10),
    ...[1, 100, 1_000, 10_000].map((count) => caseOf(keywire, count)),
    ...[10, 1_000].map((count) => caseOf(floor, count)),
  ],
  marks: [
    ratioMark(
      "gateway CPU per event, 10,000 distinct prefixes against 10",
      "server cpu",
      [MOST, TEN],
      { most: 1.5 },
    ),
    ratioMark(
      "Redis CPU per event with 10,000 distinct client patterns against 10",
      "redis cpu",
      [MOST, TEN],
      { most: 1.5 },
    ),
  ],
};
