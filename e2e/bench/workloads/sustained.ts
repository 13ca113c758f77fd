import type { Contender } from "../contender.js";
import type { PlanSpec } from "../generator.js";
import { figuresOf, seconds, sized, stretch } from "../measure.js";
import { floor, keywire } from "../peers/index.js";
import { withClients } from "../with-server.js";
import type { Case, Outcome, Workload } from "../workload.js";

/** s */
const LENGTH = 20;
/** s; the floor falls behind, and has to be waited for. */
const FLOOR_LENGTH = 2;
const RATE = 1_000;
/** ms */
const MAX_P99 = 100;
/** s that the end may be late: what is longer under way is a backlog. */
const LATE = 0.5;

function caseOf(contender: Contender, length: number): Case {
  return {
    name: contender.name,
    run(bench) {
      const clients = sized(bench.size, 1_000, 5);
      const plan: PlanSpec = { name: "one-key", clients };
      const time = seconds(bench.size, length);
      return withClients(contender, bench, { plan, clients }, async (server) => {
        await stretch(bench, server, plan, { rate: RATE }, time / 10);
        const held = await stretch(bench, server, plan, { rate: RATE }, time);
        return {
          ...figuresOf("held", held, "free"),
          late: Math.max(0, held.seconds - time),
          lost: held.lost,
        };
      });
    },
  };
}

function judge(outcome: Outcome) {
  const figures = outcome.get(keywire.name);
  const p99 = figures?.["held p99"];
  const late = figures?.["late"];
  if (p99 === undefined || late === undefined) return undefined;
  const lost = figures?.["lost"] ?? 0;
  return {
    reached: lost === 0 && p99 < MAX_P99 && late < LATE,
    was: `p99 ${p99.toFixed(0)} ms, ${lost} lost, the last one ${late.toFixed(1)} s late`,
  };
}

export const sustained: Workload = {
  name: "sustained",
  title: "1,000 events/s to 1,000 clients",
  cases: [caseOf(floor, FLOOR_LENGTH), caseOf(keywire, LENGTH)],
  marks: [
    {
      what: "1,000 events/s to 1,000 clients",
      atLeast: `held for ${LENGTH} s, none lost, p99 under ${MAX_P99} ms`,
      judge,
    },
  ],
};
