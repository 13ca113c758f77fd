import type { Server } from "./contender.js";
import { usage } from "./cpu.js";
import type { PlanSpec, WriteResult } from "./generator.js";
import type { Bench, Figures, Size } from "./workload.js";

/** How many of something, by the size of the run. */
export function sized(size: Size, full: number, smoke: number): number {
  return size === "smoke" ? smoke : full;
}

/** s that something is measured for. */
export function seconds(size: Size, full = 3): number {
  if (size === "full") return full;
  return size === "quick" ? Math.min(full, 1.5) : 0.3;
}

/** What a stretch of writes cost. */
export interface Stretch extends WriteResult {
  /** ms of CPU. */
  readonly serverCpu: number;
  readonly redisCpu: number;
}

export type Pace = { readonly rate: number } | { readonly inFlight: number };

/** Writes for a while, and tells what that cost the server and Redis until all was delivered. */
export async function stretch(
  bench: Bench,
  server: Server,
  plan: PlanSpec,
  pace: Pace,
  length: number,
  audience: "listening" | "silent" = "listening",
): Promise<Stretch> {
  const { generator, redis } = bench;
  const target = server.target ?? {
    kind: "redis" as const,
    host: redis.node.host,
    port: redis.node.port,
  };
  const [server0, redis0] = [usage(server.pids).cpuMs, usage([redis.node.pid]).cpuMs];
  const result = await generator.write({
    target,
    plan,
    pace,
    seconds: length,
    silent: audience === "silent",
  });
  return {
    ...result,
    serverCpu: usage(server.pids).cpuMs - server0,
    redisCpu: usage([redis.node.pid]).cpuMs - redis0,
  };
}

/** The figures of a stretch, each name behind a word; the rate where it was not given. */
export function figuresOf(word: string, measured: Stretch, pace: "given" | "free"): Figures {
  const { deliveries, serverCpu, p50, p99 } = measured;
  return {
    [`${word} cpu`]: (serverCpu * 1_000) / Math.max(1, deliveries),
    ...(pace === "free" ? { [`${word} /s`]: deliveries / measured.seconds } : {}),
    [`${word} p50`]: p50,
    [`${word} p99`]: p99,
  };
}
