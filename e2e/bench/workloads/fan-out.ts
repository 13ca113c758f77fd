import type { Contender } from "../contender.js";
import type { PlanSpec } from "../generator.js";
import { figuresOf, type Stretch, seconds, sized, stretch } from "../measure.js";
import { floor, keywire, naive, nchan, socketio, webdis } from "../peers/index.js";
import { withClients } from "../with-server.js";
import { type Bench, type Case, ratioMark, type Workload } from "../workload.js";

/** Writes that are on their way at a time where a server is driven as far as it goes. */
const IN_FLIGHT = 64;
const PEERS = [floor, keywire, naive, socketio, nchan, webdis];

/** One key to many clients: few writes a second, as fast as it goes, and half as fast as the floor. */
function fanOut(clients: number, quietRate: number): Omit<Workload, "marks"> {
  return {
    name: `fan-out-${clients}`,
    title: `One key to ${clients.toLocaleString("en")} clients`,
    cases: PEERS.map((contender) => caseOf(contender, clients, quietRate)),
  };
}

function caseOf(contender: Contender, clients: number, quietRate: number): Case {
  const { name, missing } = contender;
  return {
    name,
    missing,
    run(bench) {
      const count = sized(bench.size, clients, 5);
      const plan: PlanSpec = { name: "one-key", clients: count };
      const inFlight = clients > 2_000 ? IN_FLIGHT / 4 : IN_FLIGHT;
      const length = seconds(bench.size);
      return withClients(contender, bench, { plan, clients: count }, async (server) => {
        await stretch(bench, server, plan, { inFlight }, length / 3);
        // Few events: it takes longer until their CPU can be told from that of none.
        const quiet = await stretch(bench, server, plan, { rate: quietRate }, 2 * length);
        const full = await stretch(bench, server, plan, { inFlight }, length);
        const half = await halfway(bench, full.deliveries / full.seconds / count, (rate) =>
          // Few events once more: of three seconds' 200, the two latest would be the 99th percentile.
          stretch(bench, server, plan, { rate }, 4 * length),
        );
        return {
          ...figuresOf("quiet", quiet, "given"),
          ...figuresOf("full", full, "free"),
          ...(half === undefined ? {} : figuresOf("half", half, "given")),
          lost: quiet.lost + full.lost + (half?.lost ?? 0),
        };
      });
    },
  };
}

/** Half of what the floor, which is the first case of each round, came to at the most. */
async function halfway(
  { round }: Bench,
  full: number,
  measure: (rate: number) => Promise<Stretch>,
): Promise<Stretch | undefined> {
  const half = round.get("half") ?? full / 2;
  round.set("half", half);
  // A server that cannot hold it would only drown.
  return half > full * 0.9 ? undefined : measure(half);
}

const SATURATED = "deliveries/s at saturation, 1,000 clients";

export const fanOuts: readonly Workload[] = [
  fanOut(100, 100),
  {
    ...fanOut(1_000, 20),
    marks: [
      ratioMark(
        "server CPU per delivery, 1,000 clients, no backlog",
        "quiet cpu",
        ["keywire", "floor"],
        { most: 1.15 },
      ),
      ratioMark(SATURATED, "full /s", ["keywire", "floor"], { least: 5 }),
      ratioMark(SATURATED, "full /s", ["keywire", "socket.io"], { least: 5 }),
      ratioMark(SATURATED, "full /s", ["keywire", "nchan"], { least: 1 }),
      ratioMark(
        "latency at half of the floor's saturation, 1,000 clients, p99",
        "half p99",
        ["keywire", "floor"],
        { most: 1 },
      ),
    ],
  },
  fanOut(5_000, 4),
];
