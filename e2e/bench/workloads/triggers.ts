import { setTimeout as pause } from "node:timers/promises";
import { mintToken } from "../../support/index.js";
import type { Contender, Server } from "../contender.js";
import { Writer } from "../load/writer.mjs";
import { sized } from "../measure.js";
import { keywire, reactor } from "../peers/index.js";
import { withServer } from "../with-server.js";
import { type Bench, type Case, ratioMark, type Workload } from "../workload.js";

/** Events written in one go, and how many may be unfinished: bounded queues drop what is too much. */
const CHUNK = 500;
const IN_FLIGHT = 8_000;
/** ms between two looks at what is finished. */
const LOOK = 10;
/** ms for a stretch to be finished. */
const DEADLINE = 60_000;
const LEAST = 20_000;
const CALLING = "keywire, one call";
const SENDING = "keywire, one callAsync";
const TRIVIAL = "keywire, trivial";

const SOURCE = `#!js api_version=1.0 name=bench
let n = 0;
redis.registerKeySpaceTrigger("trivial", "trivial:", () => { n++; });
redis.registerKeySpaceTrigger("calling", "calling:", (client) => { client.call("incr", "count:keywire"); });
redis.registerKeySpaceTrigger("sending", "sending:", (client) => client.callAsync("incr", "count:async"));`;

/** How many events have been handled to the end. */
type Handled = () => Promise<number>;

/** A trigger or its peer: from the first write in Redis until the last event is handled. */
function caseOf(
  name: string,
  contender: Contender,
  prefix: string,
  events: number,
  watch: (bench: Bench, server: Server) => Promise<Handled>,
): Case {
  return {
    name,
    run(bench) {
      return withServer(contender, bench, {}, async (server) => {
        const handled = await watch(bench, server);
        const count = sized(bench.size, events, 100);
        await handleAll(bench, prefix, Math.ceil(count / 2), handled);
        return { "/s": await handleAll(bench, prefix, count, handled) };
      });
    },
  };
}

/** @returns events per second */
async function handleAll({ redis }: Bench, prefix: string, count: number, handled: Handled) {
  const { host, port } = redis.node;
  const keys = Array.from({ length: 1_000 }, (_, i) => `${prefix}${i}`);
  const writer = await Writer.open({ kind: "redis", host, port }, keys);
  const before = await handled();
  const began = performance.now();
  let written = 0;
  for (let done = 0; done < count; done = (await handled()) - before) {
    if (performance.now() - began > DEADLINE) throw new Error(`handled ${done} of ${count}`);
    const end = Math.min(count, done + IN_FLIGHT);
    for (; written < end; written = Math.min(end, written + CHUNK)) {
      writer.write(written, Math.min(end, written + CHUNK));
    }
    await pause(LOOK);
  }
  writer.close();
  return (count * 1_000) / (performance.now() - began);
}

/** By what stands in Redis: the same for a library and a program. */
function counted(counter: string) {
  return async ({ redis }: Bench): Promise<Handled> => {
    await redis.client.del(counter);
    return async () => Number(await redis.client.get(counter));
  };
}

/** @returns how often the trivial trigger has finished, on all gateways that there were */
async function load({ port }: Server): Promise<Handled> {
  const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
  const ask = async (path: string, body?: string) => {
    const url = `http://127.0.0.1:${port}/v1/admin/libraries${path}`;
    const method = body === undefined ? "GET" : "POST";
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
    if (!response.ok) throw new Error(`${path} was answered ${await response.text()}`);
    return response.json();
  };
  await ask("?replace=true", SOURCE);
  return async () => {
    const [library] = await ask("/bench?verbosity=1");
    const found = library.keyspace_triggers.find(
      ({ name }: { name: string }) => name === "trivial",
    );
    return found.num_finished;
  };
}

const PEER = caseOf("ioredis, one by one", reactor, "program:", 30_000, counted("count:program"));

export const triggers: Workload = {
  name: "triggers",
  title: "Trigger callbacks, from the write in Redis until they have run",
  cases: [
    PEER,
    caseOf(CALLING, keywire, "calling:", 30_000, async (bench, server) => {
      await load(server);
      return counted("count:keywire")(bench);
    }),
    caseOf(SENDING, keywire, "sending:", 30_000, async (bench, server) => {
      await load(server);
      return counted("count:async")(bench);
    }),
    caseOf(TRIVIAL, keywire, "trivial:", 60_000, (_bench, server) => load(server)),
  ],
  marks: [
    {
      what: "trivial trigger, end to end",
      atLeast: "20,000 callbacks/s",
      judge(outcome) {
        const rate = outcome.get(TRIVIAL)?.["/s"];
        if (rate === undefined) return undefined;
        return { reached: rate >= LEAST, was: `${Math.round(rate).toLocaleString("en")}/s` };
      },
    },
    ratioMark("trigger with one client.call", "/s", [CALLING, PEER.name], { least: 0.8 }),
  ],
};
