import type { Contender, Server } from "../contender.js";
import { usage } from "../cpu.js";
import type { PlanSpec } from "../generator.js";
import { sized, stretch } from "../measure.js";
import { floor, keywire } from "../peers/index.js";
import { withClients } from "../with-server.js";
import type { Bench, Case, Workload } from "../workload.js";

/** Events that clients have had, and miss. */
const EVENTS = 50;

/** All clients come back at the same time, after the server was killed or after the network was. */
function caseOf(name: string, contender: Contender, interrupt: (server: Server) => unknown): Case {
  return {
    name,
    run(bench) {
      const clients = sized(bench.size, 1_000, 5);
      const plan: PlanSpec = { name: "one-key", clients };
      return withClients(contender, bench, { plan, clients }, async (server) => {
        await stretch(bench, server, plan, { rate: 100 }, EVENTS / 100);
        await bench.generator.close();
        await interrupt(server);
        await writeUnheard(bench);
        const before = usage(server.pids).cpuMs;
        const again = { plan, clients, connecting: clients, resume: true };
        const { seconds } = await bench.generator.connect(server, again);
        const cpu = usage(server.pids).cpuMs - before;
        return { cpu: (cpu * 1_000) / clients, ms: seconds * 1_000 };
      });
    },
  };
}

async function writeUnheard({ redis }: Bench): Promise<void> {
  for (let event = 0; event < EVENTS; event++) await redis.client.set("hot", "1");
}

const restart = (server: Server) => server.restart();

export const resume: Workload = {
  name: "resume",
  title: "1,000 clients come back at once",
  cases: [
    caseOf("floor, killed", floor, restart),
    caseOf("keywire, killed", keywire, restart),
    caseOf("keywire, cut off", keywire, () => {}),
  ],
};
