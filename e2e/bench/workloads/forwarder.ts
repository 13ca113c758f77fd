import { bareLoop, brokerOf, drain, live, withForwarder } from "../amqp.js";
import { sized } from "../measure.js";
import type { Outcome, Workload } from "../workload.js";

/** Events per second that are forwarded as they happen, and confirmed. */
const LEAST = 20_000;
const BARE = "rabbitmq-client alone";
const LIVE = "keywire, live";
const DRAIN = "keywire, drain";

const eventsOf = (size: Parameters<typeof sized>[0]) => sized(size, 100_000, 1_000);

function judge(outcome: Outcome, name: string, least?: number) {
  const own = outcome.get(name)?.["/s"];
  const bare = outcome.get(BARE)?.["/s"];
  if (own === undefined || bare === undefined) return undefined;
  const was = `${rounded(own)}/s; rabbitmq-client alone ${rounded(bare)}/s`;
  return { reached: own >= (least ?? 0), was };
}

function rounded(figure: number): string {
  return (Math.round(figure / 100) * 100).toLocaleString("en");
}

export const forwarder: Workload = {
  name: "forwarder",
  title: "Forwarding to RabbitMQ, each event confirmed; a fallback of 100,000 events drained",
  cases: [
    {
      name: BARE,
      run: async (bench) => bareLoop(await brokerOf(bench), eventsOf(bench.size)),
    },
    {
      name: LIVE,
      run: (bench) => withForwarder(bench, (forwarding) => live(forwarding, eventsOf(bench.size))),
    },
    {
      name: DRAIN,
      run: (bench) => withForwarder(bench, (forwarding) => drain(forwarding, eventsOf(bench.size))),
    },
  ],
  marks: [
    {
      what: "events forwarded to RabbitMQ as they happen, confirmed",
      atLeast: `${rounded(LEAST)}/s, or the client's own limit named`,
      judge: (outcome) => judge(outcome, LIVE, LEAST),
    },
    {
      what: "drain of a fallback of 100,000 events",
      atLeast: "told next to the client's own limit",
      judge: (outcome) => judge(outcome, DRAIN),
    },
  ],
};
