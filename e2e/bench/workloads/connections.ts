import { setTimeout as pause } from "node:timers/promises";
import type { Contender } from "../contender.js";
import { usage } from "../cpu.js";
import type { Clients, PlanSpec } from "../generator.js";
import { sized } from "../measure.js";
import { floor, keywire, nchan, socketio } from "../peers/index.js";
import { withServer } from "../with-server.js";
import { type Case, ratioMark, type Workload } from "../workload.js";

/** KiB of a connection. */
const MAX_KIB = 10;
/** ms until a server that has nothing to do has tidied up what it does by itself. */
const REST = 2_000;

function idleCase(contender: Contender): Case {
  const { name, missing } = contender;
  return {
    name,
    missing,
    run(bench) {
      const clients = sized(bench.size, 10_000, 5);
      const plan: PlanSpec = { name: "one-key", clients };
      return withServer(contender, bench, {}, async (server) => {
        await pause(sized(bench.size, REST, 10));
        const before = usage(server.pids).rssKiB;
        await bench.generator.connect(server, { plan, clients });
        await pause(sized(bench.size, REST, 10));
        const after = usage(server.pids).rssKiB;
        return { "KiB each": (after - before) / clients, "KiB in all": after };
      });
    },
  };
}

export const idle: Workload = {
  name: "idle",
  title: "10,000 idle connections, each with a token of its own and subscribed",
  cases: [floor, keywire, socketio, nchan].map(idleCase),
  marks: [
    {
      what: "resident memory per idle, authenticated, subscribed connection",
      atLeast: `${MAX_KIB} KiB, or less`,
      judge(outcome) {
        const each = outcome.get(keywire.name)?.["KiB each"];
        if (each === undefined) return undefined;
        return { reached: each <= MAX_KIB, was: `${each.toFixed(1)} KiB` };
      },
    },
  ],
};

function connectCase(name: string, contender: Contender, more: Partial<Clients> = {}): Case {
  return {
    name,
    missing: contender.missing,
    run(bench) {
      const clients = sized(bench.size, 3_000, 5);
      const plan: PlanSpec = { name: "one-key", clients };
      return withServer(contender, bench, {}, async (server) => {
        await bench.generator.connect(server, { plan, clients: Math.ceil(clients / 3), ...more });
        const before = usage(server.pids).cpuMs;
        const { seconds } = await bench.generator.connect(server, { plan, clients, ...more });
        const cpu = usage(server.pids).cpuMs - before;
        return { cpu: (cpu * 1_000) / clients, "/s": clients / seconds };
      });
    },
  };
}

const ONE_TOKEN = "keywire, one token for all";

export const connecting: Workload = {
  name: "connect",
  title: "Connecting, authenticating and subscribing",
  cases: [
    connectCase(floor.name, floor),
    connectCase(keywire.name, keywire),
    connectCase(ONE_TOKEN, keywire, { tokens: "one" }),
    connectCase(socketio.name, socketio),
    connectCase(nchan.name, nchan),
  ],
  marks: [
    ratioMark("CPU to connect, authenticate and subscribe", "cpu", ["keywire", "floor"], {
      most: 2,
    }),
    ratioMark("the same, one token for all", "cpu", [ONE_TOKEN, "floor"], { most: 2 }),
  ],
};
