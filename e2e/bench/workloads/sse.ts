import type { Contender } from "../contender.js";
import type { PlanSpec } from "../generator.js";
import { figuresOf, seconds, sized, stretch } from "../measure.js";
import { keywire, keywireSse } from "../peers/index.js";
import { withClients } from "../with-server.js";
import type { Case, Workload } from "../workload.js";

const IN_FLIGHT = 64;

function caseOf(contender: Contender): Case {
  return {
    name: contender.name,
    run(bench) {
      const clients = sized(bench.size, 1_000, 5);
      const plan: PlanSpec = { name: "one-key", clients };
      const length = seconds(bench.size);
      return withClients(contender, bench, { plan, clients }, async (server) => {
        await stretch(bench, server, plan, { inFlight: IN_FLIGHT }, length / 3);
        const quiet = await stretch(bench, server, plan, { rate: 40 }, length);
        const full = await stretch(bench, server, plan, { inFlight: IN_FLIGHT }, length);
        return {
          ...figuresOf("quiet", quiet, "given"),
          ...figuresOf("full", full, "free"),
          lost: quiet.lost + full.lost,
        };
      });
    },
  };
}

export const sse: Workload = {
  name: "sse",
  title: "One key to 1,000 clients, SSE beside WebSocket",
  cases: [keywire, keywireSse].map(caseOf),
};
