import { type LogLine, mintToken, waitFor } from "../support/index.js";
import { ChaosClient } from "./clients/client.js";
import { sse } from "./clients/sse.js";
import type { Transport } from "./clients/transport.js";
import { websocket } from "./clients/websocket.js";
import { wishes } from "./clients/wishes.js";
import { FaultLog } from "./faults/fault-log.js";
import { disturbAllClients, disturbDeployment } from "./faults/run-steps.js";
import { watchStalls } from "./faults/stalls.js";
import { leftoversOf } from "./leftovers.js";
import { Random } from "./random.js";
import type { RunRecord, Stream } from "./record.js";
import { openSite, type Site } from "./site.js";
import { Writers } from "./writers/writers.js";

export interface ChaosOptions {
  readonly seed: number;
  /** Of faults; starting and settling come on top. */
  readonly seconds: number;
  readonly clients: number;
  /** Kinds of steps to do, `clients` among them; all where absent. */
  readonly only?: readonly string[] | undefined;
  /** Told what happens, a line each. */
  readonly say: (line: string) => unknown;
}

export interface ChaosRun {
  readonly record: RunRecord;
  /** How often clients were refused a subscription for now, by error code. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly began: number;
  readonly ended: number;
  /** ms that the gateways were ready to run and had to wait for a processor, in all. */
  readonly waited: number;
  /** What all gateways of the run logged. */
  readonly gatewayLog: readonly LogLine[];
}

/** Clients take turns at these. */
const TRANSPORTS: readonly Transport[] = [websocket, sse];
/** ms until every client is served, at the beginning and in the end */
const SERVED_DEADLINE = 30_000;
/** ms of writing without a fault, at the beginning and in the end */
const CALM = 2_000;
/** ms after the last write until the clients' logs are read: whatever comes has come */
const SETTLING = 3_000;

/** s that a client's token outlives the faults */
const TOKEN_SPARE = 3_600;

/** Writes, listens and breaks things; the record tells what came of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosRun> {
  const site = await openSite();
  try {
    return await play(site, options);
  } finally {
    await site.stop();
  }
}

async function play(site: Site, options: ChaosOptions): Promise<ChaosRun> {
  const { seed, seconds, only, say } = options;
  const random = new Random(seed);
  const clients = await connectClients(site, options, random.fork());
  const writers = new Writers(site, random.fork());
  const log = new FaultLog();
  const stopWatching = watchStalls(log, () => site.gateway.pid);
  const began = Date.now();
  const announce = (step: object) =>
    say(`${((Date.now() - began) / 1000).toFixed(1)} s ${JSON.stringify(step)}`);
  const stage = { site, clients, log, only, announce };
  writers.start();
  await passed(CALM);
  const end = Date.now() + seconds * 1_000;
  // A cluster that cannot be brought in order again ends the faults, not the judging.
  const [broken] = await Promise.all([
    disturbDeployment(stage, random.fork(), end).then(
      () => [],
      (error: unknown) => [`the faults had to end early: ${String(error)}`],
    ),
    disturbAllClients(stage, random.fork(), end),
  ]);
  await passed(Math.max(CALM, end - Date.now()));
  await writers.stop();
  const streams = await settle(clients);
  for (const client of clients) client.leave(random.pick(["orderly", "abrupt"]));
  const leftovers = [...broken, ...(await leftoversOf(site))];
  const waited = stopWatching();
  const { lines, rollbacks } = writers.ledger;
  const record = { lines, rollbacks, faults: log.records, streams, leftovers };
  const { gatewayLog } = site;
  return { record, refusals: refusalsOf(clients), began, ended: Date.now(), waited, gatewayLog };
}

async function connectClients(
  site: Site,
  { clients: count, seconds }: ChaosOptions,
  random: Random,
): Promise<ChaosClient[]> {
  const intern = interning();
  const exp = Math.ceil(Date.now() / 1_000 + seconds) + TOKEN_SPARE;
  const clients: ChaosClient[] = [];
  for (let n = 0; n < count; n++) {
    const name = `client-${n}`;
    const transport = TRANSPORTS[n % TRANSPORTS.length] ?? websocket;
    const token = await mintToken({ sub: name, exp });
    const url = () => site.gateway.url;
    clients.push(
      new ChaosClient({ name, transport, channels: wishes(random), token, url, intern }),
    );
  }
  for (const client of clients) client.connect();
  await waitFor(() => clients.every(({ isServed }) => isServed), {
    what: "all clients to be served",
    deadline: SERVED_DEADLINE,
  });
  return clients;
}

/** Gives back the first of all equal strings, so that the others need not be kept. */
function interning(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return first ?? text;
  };
}

/** The logs, once all that is on its way has come; a client that is not served is for the checker. */
async function settle(clients: readonly ChaosClient[]): Promise<Stream[]> {
  await waitFor(() => clients.every(({ isServed }) => isServed), {
    what: "all clients to be served again",
    deadline: SERVED_DEADLINE,
  }).catch(() => {});
  await passed(SETTLING);
  return clients.flatMap((client) => client.streams());
}

function refusalsOf(clients: readonly ChaosClient[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { refusals } of clients) {
    for (const [code, count] of refusals) sums[code] = (sums[code] ?? 0) + count;
  }
  return sums;
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
