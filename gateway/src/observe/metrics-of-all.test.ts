import { expect, it } from "vitest";
import { Metrics } from "./metrics.js";
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

/** The value of the line that begins so. */
async function value(all: MetricsOfAll, series: string): Promise<number | undefined> {
  const { text } = await all.render();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

it("adds up counts and what there is, and is as ready as the least ready one", async () => {
  const all = new MetricsOfAll();
  const [first, second] = [gateway(true, 2), gateway(false, 3)];
  first.eventsReceived.add(10);
  second.eventsReceived.add(5);
  second.gaps.add("flushed");
  all.heard(1, await first.figures());
  all.heard(2, await second.figures());
  expect(await value(all, "keywire_events_received_total")).toBe(15);
  expect(await value(all, 'keywire_gaps_total{reason="flushed"}')).toBe(1);
  expect(await value(all, 'keywire_sessions{transport="websocket"}')).toBe(5);
  expect(await value(all, "keywire_workers")).toBe(2);
  expect(await value(all, "keywire_ready")).toBe(0);
  expect(await value(all, 'keywire_node_link_up{node="10.0.0.1:6379"}')).toBe(0);
  expect(await value(all, 'keywire_node_slots{node="10.0.0.1:6379"}')).toBe(16_384);
  expect(await value(all, 'keywire_limit{limit="sessions"}')).toBe(100);
});

it("never counts backwards, whoever ends, and forgets what those had", async () => {
  const all = new MetricsOfAll();
  const [first, second] = [gateway(true, 2), gateway(true, 3)];
  for (const [id, metrics] of [first, second].entries()) {
    metrics.eventsReceived.add(10);
    metrics.gaps.add("node_lost");
    metrics.deliveryDelay.observe(3);
    all.heard(id, await metrics.figures());
  }
  await all.ended(0);
  await all.ended(0);
  await all.ended(7);
  const next = gateway(true, 1);
  next.eventsReceived.add(1);
  all.heard(2, await next.figures());
  expect(await value(all, "keywire_events_received_total")).toBe(21);
  expect(await value(all, 'keywire_gaps_total{reason="node_lost"}')).toBe(2);
  expect(await value(all, "keywire_delivery_delay_seconds_count")).toBe(2);
  expect(await value(all, 'keywire_delivery_delay_seconds_bucket{le="0.005"}')).toBe(2);
  expect(await value(all, 'keywire_sessions{transport="websocket"}')).toBe(4);
  expect(await value(all, "keywire_workers")).toBe(2);
  await all.ended(1);
  await all.ended(2);
  expect(await value(all, "keywire_events_received_total")).toBe(21);
  expect(await value(all, "keywire_delivery_delay_seconds_sum")).toBeCloseTo(0.006);
});
