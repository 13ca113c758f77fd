import { expect, it } from "vitest";
import { measureAmqp } from "../bench/amqp.js";

/** Of so few events the figures say nothing: this shows that they can be had. */
it("the benchmark of the forwarder runs", async () => {
  const figures = await measureAmqp(Number(process.env["AMQP_BENCH_EVENTS"] ?? 2_000));
  for (const rate of Object.values(figures)) expect(rate).toBeGreaterThan(0);
  console.log(figures);
}, 600_000);
