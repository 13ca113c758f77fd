import { expect, it } from "vitest";
import { type Figures, Metrics } from "./metrics.js";
import { MetricsOfAll } from "./metrics-of-all.js";

function gateway(isReady: boolean, sessions: number): Metrics {
  const metrics = new Metrics();
  metrics.probe({
    ready: () => isReady,
    sessions: () => ({ websocket: sessions }),
    subscriptions: () => 0,
    channels: () => 0,
    feeds: () => ({}),
    nodes: () => [{ address: "10.0.0.1:6379", state: isReady ? "ready" : "down", slots: 16_384 }],
    libraries: () => [],
    historyBytes: () => 0,
    outboxBytes: () => 0,
  });
  metrics.limits({ sessions: 100 });
  return metrics;
}

/** The value of the line that begins so, when these gateways are asked, by their ids. */
async function value(
  all: MetricsOfAll,
  series: string,
  asked: Readonly<Record<number, Metrics>>,
  living = new Set(Object.keys(asked).map(Number)),
): Promise<number | undefined> {
  const answers = new Map<number, Figures>();
  for (const [id, metrics] of Object.entries(asked)) answers.set(+id, await metrics.figures());
  const { text } = await all.render(answers, living);
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

it("adds up counts and what there is, and is as ready as the least ready one", async () => {
  const all = new MetricsOfAll();
  const [first, second] = [gateway(true, 2), gateway(false, 3)];
  first.eventsReceived.add(10);
  second.eventsReceived.add(5);
  second.gaps.add("flushed");
  const asked = { 1: first, 2: second };
  expect(await value(all, "keywire_events_received_total", asked)).toBe(15);
  expect(await value(all, 'keywire_gaps_total{reason="flushed"}', asked)).toBe(1);
  expect(await value(all, 'keywire_sessions{transport="websocket"}', asked)).toBe(5);
  expect(await value(all, "keywire_workers", asked)).toBe(2);
  expect(await value(all, "keywire_ready", asked)).toBe(0);
  expect(await value(all, 'keywire_node_link_up{node="10.0.0.1:6379"}', asked)).toBe(0);
  expect(await value(all, 'keywire_node_slots{node="10.0.0.1:6379"}', asked)).toBe(16_384);
  expect(await value(all, 'keywire_limit{limit="sessions"}', asked)).toBe(100);
});

it("tells the event loop's lag of the worker that is worst off", async () => {
  const lag = "nodejs_eventloop_lag_p99_seconds";
  const [idle = [], starved = []] = [0.1, 1.9].map((value) => [
    { name: lag, help: lag, type: "gauge", values: [{ value, labels: {} }] },
  ]) as unknown as Figures[];
  const [own] = (await new Metrics().figures()).filter(({ name }) => name === lag);
  for (const [figure] of [idle, starved])
    Object.assign(figure ?? {}, { aggregator: own?.aggregator });
  const answers = new Map([
    [1, idle],
    [2, starved],
  ]);
  const { text } = await new MetricsOfAll().render(answers, new Set([1, 2]));
  expect(text).toContain(`${lag} 1.9\n`);
});

it("never counts backwards, whoever ends, and forgets what those had", async () => {
  const all = new MetricsOfAll();
  const [first, second, third] = [gateway(true, 2), gateway(true, 3), gateway(true, 1)];
  for (const metrics of [first, second]) {
    metrics.eventsReceived.add(10);
    metrics.gaps.add("node_lost");
    metrics.deliveryDelay.observe(3);
  }
  third.eventsReceived.add(1);
  await value(all, "keywire_workers", { 0: first, 1: second });
  await all.ended(0);
  await all.ended(0);
  await all.ended(7);
  const asked = { 1: second, 2: third };
  expect(await value(all, "keywire_events_received_total", asked)).toBe(21);
  expect(await value(all, 'keywire_gaps_total{reason="node_lost"}', asked)).toBe(2);
  expect(await value(all, "keywire_delivery_delay_seconds_count", asked)).toBe(2);
  expect(await value(all, 'keywire_delivery_delay_seconds_bucket{le="0.005"}', asked)).toBe(2);
  expect(await value(all, 'keywire_sessions{transport="websocket"}', asked)).toBe(4);
  expect(await value(all, "keywire_workers", asked)).toBe(2);
  await all.ended(1);
  await all.ended(2);
  expect(await value(all, "keywire_events_received_total", {})).toBe(21);
  expect(await value(all, "keywire_delivery_delay_seconds_sum", {})).toBeCloseTo(0.006);
});

it("knows of one that does not answer what it had counted, and not how it is", async () => {
  const all = new MetricsOfAll();
  const [first, second] = [gateway(true, 2), gateway(true, 3)];
  second.eventsReceived.add(10);
  await value(all, "keywire_workers", { 1: first, 2: second });
  expect(await value(all, "keywire_workers", { 1: first })).toBe(1);
  expect(await value(all, 'keywire_sessions{transport="websocket"}', { 1: first })).toBe(2);
  expect(await value(all, "keywire_events_received_total", { 1: first })).toBe(10);
});

it("counts nobody twice whose answer came before its end and is read behind it", async () => {
  const all = new MetricsOfAll();
  const [first, second] = [gateway(true, 2), gateway(true, 3)];
  second.eventsReceived.add(10);
  const asked = { 1: first, 2: second };
  await value(all, "keywire_workers", asked);
  await all.ended(2);
  expect(await value(all, "keywire_workers", asked, new Set([1]))).toBe(1);
  expect(await value(all, "keywire_events_received_total", { 1: first })).toBe(10);
});
