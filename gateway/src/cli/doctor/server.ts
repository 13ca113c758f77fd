import { formatSize } from "../../config.js";
import { reasonOf } from "../output.js";
import { type Answer, ask, type Patient, redisCli } from "./patient.js";
import { type Finding, fail, ok, skip, warn } from "./report.js";

/** A round trip over this many ms delays every value that is read. */
const SLOW_ROUND_TRIP = 20;
const PINGS = 5;
/** ms; tokens and `time` fields are read against this machine's clock. */
const CLOCK_TOLERANCE = 1_000;
/** Bytes; less is filled by a second of busy events. */
const LEAST_BUFFER = 8 * 2 ** 20;

/** Version, role, round trip, clock, buffer limit: what concerns the server, not our rights on it. */
export async function examineServer(patient: Patient): Promise<Finding[]> {
  return [
    ...(await version(patient)),
    ...(await roundTrip(patient)),
    ...(await clock(patient)),
    ...(await outputBuffer(patient)),
    ...(await database(patient)),
  ];
}

/** One that is not there tells of nothing, and nobody says so. */
async function database({ control, target }: Patient): Promise<Finding[]> {
  if (target.db === 0) return [];
  const answer = await ask(control, "SELECT", String(target.db));
  // The right to SELECT is looked at with the other rights.
  if (answer.kind === "denied") return [];
  await ask(control, "SELECT", "0");
  if (answer.kind === "answer") return [ok("database", `${target.db} is there`)];
  const remedy = "name a database that is there, behind the last / of the URL";
  return [fail("database", `${target.db} cannot be used: ${answer.message}`, remedy)];
}

async function version({ control }: Patient): Promise<Finding[]> {
  const info = await ask(control, "INFO");
  if (info.kind !== "answer") return [skip("server", `INFO: ${info.message}`)];
  const fields = infoFields(String(info.value));
  const valkey = fields.get("valkey_version");
  const name = valkey === undefined ? `Redis ${fields.get("redis_version")}` : `Valkey ${valkey}`;
  const role = fields.get("role") === "slave" ? "replica" : "primary";
  return [ok("server", `${name}, ${role}`)];
}

function infoFields(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^([^#:]+):(.*)$/.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[1] ?? "", match[2] ?? ""]] : [])));
}

async function roundTrip({ control }: Patient): Promise<Finding[]> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let ping = 0; ping < PINGS; ping++) {
    const start = performance.now();
    const answer = await ask(control, "PING");
    // The right to PING is looked at with the other rights.
    if (answer.kind === "denied") return [skip("round trip", answer.message)];
    if (answer.kind !== "answer") return [fail("round trip", answer.message)];
    fastest = Math.min(fastest, performance.now() - start);
  }
  const detail = `${fastest.toFixed(2)} ms`;
  if (fastest < SLOW_ROUND_TRIP) return [ok("round trip", detail)];
  return [warn("round trip", detail, "run the gateway nearer to its Redis")];
}

async function clock({ control }: Patient): Promise<Finding[]> {
  const before = Date.now();
  const answer = await ask(control, "TIME");
  const after = Date.now();
  if (answer.kind !== "answer") return [skip("clock", `TIME: ${answer.message}`)];
  const [seconds, microseconds] = (answer.value as string[]).map(Number);
  const there = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  const skew = there - (before + after) / 2;
  // Half of a round trip is what cannot be told from a difference.
  if (Math.abs(skew) <= (after - before) / 2 + 1) return [ok("clock", "as this machine's")];
  const detail = `${Math.abs(skew).toFixed(0)} ms ${skew > 0 ? "ahead of" : "behind"} this machine's`;
  if (Math.abs(skew) <= CLOCK_TOLERANCE) return [ok("clock", detail)];
  return [warn("clock", detail, "synchronize the clocks (NTP)")];
}

async function outputBuffer(patient: Patient): Promise<Finding[]> {
  const what = "output buffer";
  const answer = await ask(patient.control, "CONFIG", "GET", "client-output-buffer-limit");
  if (answer.kind !== "answer") return [skip(what, `CONFIG GET: ${answer.message}`)];
  const limits = pubsubLimits(answer);
  if (limits === undefined) return [skip(what, "the server tells no limit for subscribers")];
  const [hard, soft, seconds] = limits;
  const detail = `a subscriber is cut off ${describeLimit(hard, soft, seconds)}`;
  const isLarge = (bytes: number) => bytes === 0 || bytes >= LEAST_BUFFER;
  if (isLarge(hard) && isLarge(soft)) return [ok(what, detail)];
  const command = 'CONFIG SET client-output-buffer-limit "pubsub 33554432 8388608 60"';
  return [warn(what, detail, redisCli(patient, command))];
}

/** Of `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`, the last three. */
function pubsubLimits(answer: Answer & { kind: "answer" }): [number, number, number] | undefined {
  const [, text = ""] = answer.value as string[];
  const match = /pubsub (\d+) (\d+) (\d+)/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

function describeLimit(hard: number, soft: number, seconds: number): string {
  const limits = [
    ...(hard > 0 ? [`${formatSize(hard)} behind`] : []),
    ...(soft > 0 ? [`${formatSize(soft)} behind for ${seconds} s`] : []),
  ];
  return limits.length === 0 ? "never" : limits.join(", or ");
}

/** @param tls whether it was spoken to over TLS: a server that expects the other way just says nothing */
export function unreachable(error: unknown, tls: boolean): Finding {
  const reason = reasonOf(error);
  if (/WRONGPASS|NOAUTH/.test(reason)) {
    const remedy = "give the user and the password in the URL: redis://user:password@host:port";
    return fail("connection", reason, remedy);
  }
  if (/^LOADING/.test(reason)) return fail("connection", reason, "wait until it has its keys");
  const otherWay = tls
    ? "rediss:// to redis:// where it has no TLS"
    : "redis:// to rediss:// where it has TLS";
  return fail("connection", reason, `start the server, correct the address, or change ${otherWay}`);
}
