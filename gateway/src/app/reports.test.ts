import { WireError } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import { expect, it } from "vitest";
import { createLog, Metrics } from "../observe/index.js";
import { hubReport, triggersReport } from "./reports.js";

it("values that cannot be read are a line of the log now and then, not one for each event", async () => {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: "info", format: "json", stream });
  const clock = new VirtualClock();
  const report = hubReport(log, new Metrics(), () => {}, clock);
  const refused = (slot: number) => new WireError("unavailable", `no primary owns slot ${slot}`);
  for (let event = 0; event < 1_000; event++) report.fault("prefix:a:", refused(event));
  report.fault("prefix:b:", new Error("another trouble"));
  expect(lines.map((line) => JSON.parse(line).error.message)).toEqual([
    "no primary owns slot 0",
    "another trouble",
  ]);
  await clock.advance(60_000);
  report.fault("prefix:a:", refused(0));
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ channel: "prefix:a:", unsaid: 999 });
});

it("what fails the first time has risen, too: a library's counters begin with 0 when it is loaded", async () => {
  const metrics = new Metrics();
  const report = triggersReport(createLog({ level: "silent", format: "json" }), metrics);
  report({ event: "loaded", library: "shop" });
  expect(await metrics.render()).toContain(
    'keywire_trigger_callbacks_failed_total{library="shop"} 0\n',
  );
  report({ event: "finished", library: "shop", kind: "trigger", outcome: "failed", ms: 1 });
  expect(await metrics.render()).toContain(
    'keywire_trigger_callbacks_failed_total{library="shop"} 1\n',
  );
});
