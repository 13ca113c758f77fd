import type { Contender } from "../contender.js";
import type { PlanSpec } from "../generator.js";
import { figuresOf, seconds, sized, stretch } from "../measure.js";
import { floor, keywire, least, naive, socketio, webdis } from "../peers/index.js";
import { withClients } from "../with-server.js";
import { type Case, ratioMark, type Workload } from "../workload.js";

const IN_FLIGHT = 64;
const PEERS = [floor, keywire, naive, socketio, webdis];

function caseOf(
  contender: Contender,
  planFor: (clients: number) => PlanSpec,
  rate: number,
  inFlight: number,
): Case {
  const { name, missing } = contender;
  return {
    name,
    missing,
    run(bench) {
      const clients = sized(bench.size, 1_000, 4);
      const plan = planFor(clients);
      const length = seconds(bench.size);
      return withClients(contender, bench, { plan, clients }, async (server) => {
        await stretch(bench, server, plan, { inFlight }, length / 3);
        const quiet = await stretch(bench, server, plan, { rate }, length);
        const full = await stretch(bench, server, plan, { inFlight }, length);
        return {
          ...figuresOf("quiet", quiet, "given"),
          ...figuresOf("full", full, "free"),
          lost: quiet.lost + full.lost,
        };
      });
    },
  };
}

export const ownKeys: Workload = {
  name: "own-keys",
  title: "1,000 clients with 10 keys of their own each",
  cases: [...PEERS, least].map((contender) =>
    caseOf(contender, (clients) => ({ name: "own-keys", clients, each: 10 }), 5_000, IN_FLIGHT),
  ),
  marks: [
    ratioMark(
      "server CPU per event, 1,000 clients with 10 own keys",
      "full cpu",
      ["keywire", "floor"],
      { most: 0.8 },
    ),
  ],
};

export const sharedPrefixes: Workload = {
  name: "prefixes",
  title: "1,000 clients on 100 prefixes, 10 on each",
  cases: PEERS.map((contender) =>
    caseOf(
      contender,
      (clients) => ({ name: "prefixes", clients, prefixes: Math.max(1, clients / 10) }),
      1_000,
      IN_FLIGHT,
    ),
  ),
};
