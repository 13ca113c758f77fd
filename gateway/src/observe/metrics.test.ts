import { expect, it } from "vitest";
import { Metrics } from "./metrics.js";

/** The samples of one metric, `name{labels}` to value. */
async function samples(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const lines = (await metrics.render()).split("\n");
  const own = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return Object.fromEntries(
    own.map((line) => [
      line.slice(0, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" "))),
    ]),
  );
}

it("counts, by label too, and goes on counting after it was asked", async () => {
  const metrics = new Metrics();
  metrics.eventsReceived.add();
  metrics.eventsReceived.add(41);
  metrics.gaps.add("node_lost");
  metrics.gaps.add("node_lost", 2);
  metrics.gaps.add("flushed");
  const gaps = {
    'keywire_gaps_total{reason="node_lost"}': 3,
    'keywire_gaps_total{reason="flushed"}': 1,
  };
  expect(await samples(metrics, "keywire_events_received_total")).toEqual({
    keywire_events_received_total: 42,
  });
  expect(await samples(metrics, "keywire_gaps_total")).toMatchObject(gaps);
  metrics.eventsReceived.add();
  expect(await samples(metrics, "keywire_events_received_total")).toEqual({
    keywire_events_received_total: 43,
  });
});

it("has the values that are worth an alert from the beginning, so that the first count is a rise", async () => {
  const text = await new Metrics().render();
  expect(text).toContain('keywire_gaps_total{reason="node_lost"} 0\n');
  expect(text).toContain('keywire_limits_hit_total{limit="sessions"} 0\n');
  expect(text).toContain('keywire_work_gaps_total{reason="unattended"} 0\n');
  expect(text).toContain('keywire_trigger_events_missed_total{reason="queue"} 0\n');
});

it("reads the state anew each time, and forgets nodes that are gone", async () => {
  const metrics = new Metrics();
  let nodes = [
    { address: "10.0.0.1:6379", state: "ready", slots: 8_192 },
    { address: "10.0.0.2:6379", state: "down", slots: 8_192 },
  ];
  metrics.probe({
    ready: () => true,
    sessions: () => ({ websocket: 2, sse: 1 }),
    subscriptions: () => 5,
    channels: () => 4,
    feeds: () => ({ subscribe: 3, psubscribe: 1 }),
    nodes: () => nodes,
    libraries: () => [{ name: "shop", isBroken: false, pending: 3 }],
    historyBytes: () => 0,
    outboxBytes: () => 1_024,
  });
  expect(await samples(metrics, "keywire_node_link_up")).toEqual({
    'keywire_node_link_up{node="10.0.0.1:6379"}': 1,
    'keywire_node_link_up{node="10.0.0.2:6379"}': 0,
  });
  nodes = nodes.slice(0, 1);
  expect(await samples(metrics, "keywire_node_link_up")).toEqual({
    'keywire_node_link_up{node="10.0.0.1:6379"}': 1,
  });
  expect(await samples(metrics, "keywire_sessions")).toEqual({
    'keywire_sessions{transport="websocket"}': 2,
    'keywire_sessions{transport="sse"}': 1,
  });
  expect(await samples(metrics, "keywire_outbox_bytes")).toEqual({ keywire_outbox_bytes: 1_024 });
});

it("tells durations in seconds", async () => {
  const metrics = new Metrics();
  metrics.deliveryDelay.observe(3);
  const buckets = await samples(metrics, "keywire_delivery_delay_seconds_bucket");
  expect(buckets['keywire_delivery_delay_seconds_bucket{le="0.0025"}']).toBe(0);
  expect(buckets['keywire_delivery_delay_seconds_bucket{le="0.005"}']).toBe(1);
});

it("has the process' own figures, and two gateways in a process do not mix", async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  one.limits({ sessions: 20_000 });
  one.bytesSent.add(7);
  expect(await one.render()).toContain("nodejs_eventloop_lag_p99_seconds");
  expect(await samples(one, "keywire_limit")).toEqual({
    'keywire_limit{limit="sessions"}': 20_000,
  });
  expect(await samples(other, "keywire_bytes_sent_total")).toEqual({ keywire_bytes_sent_total: 0 });
});
