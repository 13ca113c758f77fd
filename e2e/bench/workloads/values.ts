import type { Contender } from "../contender.js";
import type { PlanSpec } from "../generator.js";
import { figuresOf, seconds, sized, stretch } from "../measure.js";
import { floor, keywire, naive } from "../peers/index.js";
import { withClients } from "../with-server.js";
import type { Case, Workload } from "../workload.js";

function caseOf(contender: Contender, planFor: (clients: number) => PlanSpec, rate: number): Case {
  return {
    name: contender.name,
    run(bench) {
      const clients = sized(bench.size, 1_000, 4);
      const plan = planFor(clients);
      const length = seconds(bench.size);
      return withClients(contender, bench, { plan, clients, value: true }, async (server) => {
        await stretch(bench, server, plan, { rate }, length / 3);
        const measured = await stretch(bench, server, plan, { rate }, length);
        return {
          ...figuresOf("values", measured, "given"),
          "redis cpu": (measured.redisCpu * 1_000) / measured.writes,
          lost: measured.lost,
        };
      });
    },
  };
}

const PEERS = [floor, keywire, naive];

export const values: readonly Workload[] = [
  {
    name: "value-hot",
    title: "One key's value to 1,000 clients, 80 writes/s",
    cases: PEERS.map((peer) => caseOf(peer, (clients) => ({ name: "one-key", clients }), 80)),
  },
  {
    name: "value-own",
    title: "Values of 10 keys of their own to 1,000 clients, 4,000 writes/s",
    cases: PEERS.map((peer) =>
      caseOf(peer, (clients) => ({ name: "own-keys", clients, each: 10 }), 4_000),
    ),
  },
];
