import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Cluster, Redis } from "ioredis";
import { type Running, run, tempFolder, waitFor } from "../support/index.js";
import type { Line, MemberOptions, MemberStatus } from "./member.js";

const LAUNCHER = fileURLToPath(new URL("member.mjs", import.meta.url));

/** Bytes in which a status is looked for. */
const STATUS_TAIL = 64_000;

/** What happens to each key, in this order. */
const LIFE = ["set", "append", "setrange", "expire", "persist", "del"] as const;

/** One gateway's share of the work, as a process. */
export class Member {
  readonly id: string;
  readonly process: Running;
  readonly #file: string;

  private constructor(id: string, process: Running, file: string) {
    this.id = id;
    this.process = process;
    this.#file = file;
  }

  static async start(
    id: string,
    redis: string,
    options: Partial<Omit<MemberOptions, "redis" | "id" | "file">> = {},
  ): Promise<Member> {
    const folder = await tempFolder("member");
    const file = join(folder.path, "lines");
    const all: MemberOptions = {
      redis,
      id,
      file,
      channels: ["prefix:w:"],
      pace: 3,
      backlogEntries: 500_000,
      ...options,
    };
    const args = [LAUNCHER, JSON.stringify(all)];
    const member = new Member(id, await run({ command: process.execPath, args }), file);
    const started = () => member.lines().then((lines) => lines.length > 0);
    await waitFor(started, {
      what: `${id} to start: ${member.process.output()}`,
      deadline: 30_000,
    });
    return member;
  }

  async lines(): Promise<Line[]> {
    const text = await readFile(this.#file, "utf8").catch(() => "");
    // A process that was killed may have left half a line.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    return whole.filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
  }

  async did(): Promise<{ readonly did: string; readonly again: boolean }[]> {
    return (await this.lines()).filter((line) => "did" in line);
  }

  async missed() {
    return (await this.lines()).flatMap((line) => ("missed" in line ? [line.missed] : []));
  }

  /** The newest; undefined where none is among the last that it wrote. */
  async status(): Promise<MemberStatus | undefined> {
    const handle = await open(this.#file);
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read({
        buffer: Buffer.alloc(STATUS_TAIL),
        position: Math.max(0, size - STATUS_TAIL),
      });
      const lines = buffer.toString("utf8", 0, bytesRead).split("\n").slice(0, -1);
      const last = lines.findLast((line) => line.startsWith('{"status"'));
      return last === undefined ? undefined : JSON.parse(last).status;
    } finally {
      await handle.close();
    }
  }

  /** Waits until it holds so many parts, and all is well. */
  async holds(parts: readonly number[], deadline = 30_000): Promise<void> {
    const what = () => `${this.id} to hold ${parts} parts`;
    await waitFor(
      async () => {
        const status = await this.status();
        return status?.state === "sharing" && parts.includes(status.parts);
      },
      { what: what(), deadline },
    );
  }
}

/** What was written and acknowledged, and when. */
export interface Written {
  readonly event: string;
  readonly key: string;
  /** ms since the Unix epoch, around the command. */
  readonly from: number;
  readonly to: number;
  /** How often it was sent: what was not answered may have been done all the same. */
  readonly tries: number;
}

/**
 * Lives of keys, each event a command that was acknowledged; many keys at a time.
 *
 * @param goesOn asked with the number of keys so far whether there is to be another one
 */
export async function writeLives(
  client: Redis | Cluster,
  goesOn: (keys: number) => boolean,
  { prefix = "w:", width = 20, delay = 0 } = {},
): Promise<Written[]> {
  const written: Written[] = [];
  let next = 0;
  const work = async () => {
    while (goesOn(next)) {
      const key = `${prefix}${next++}`;
      for (const event of LIFE) {
        written.push(await change(client, key, event));
        if (delay > 0) await pause(delay);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, work));
  return written;
}

async function change(client: Redis | Cluster, key: string, event: string): Promise<Written> {
  for (let tries = 1; ; tries++) {
    const from = Date.now();
    try {
      await send(client, key, event);
      return { event, key, from, to: Date.now(), tries };
    } catch {
      // The node is away: only what was acknowledged is asked for, and each change can be made twice.
      await pause(100);
    }
  }
}

async function send(client: Redis | Cluster, key: string, event: string): Promise<void> {
  switch (event) {
    case "set":
      await client.set(key, "1");
      break;
    case "append":
      await client.append(key, "2");
      break;
    case "setrange":
      await client.setrange(key, 0, "3");
      break;
    case "expire":
      await client.expire(key, 1_000);
      break;
    case "persist":
      await client.persist(key);
      break;
    default:
      await client.del(key);
  }
}

export interface Verdict {
  /** Events that were acknowledged, whose effect nobody had, and that nobody was told of as missed. */
  readonly lost: string[];
  /** Events whose effect came more than once, where the later ones did not say that they may be repeats. */
  readonly doubled: string[];
  /** Keys whose events one member did in another order. */
  readonly disordered: string[];
  /** How many effects came that said they may be repeats, and how many of them were. */
  readonly mayBeRepeats: number;
  readonly repeats: number;
  /** How many events were missing, and told as such. */
  readonly missed: number;
}

export async function judge(
  members: readonly Member[],
  written: readonly Written[],
): Promise<Verdict> {
  const done = await Promise.all(members.map((member) => member.did()));
  const missed = (await Promise.all(members.map((member) => member.missed()))).flat();
  const effects = new Map<string, boolean[]>();
  for (const { did, again } of done.flat()) effects.set(did, [...(effects.get(did) ?? []), again]);
  const effectsOf = ({ key, event }: Written) => effects.get(`${key} ${event}`) ?? [];
  // Redis' event comes after the command began, and may come after its answer.
  const isTold = ({ from, to }: Written) =>
    missed.some((gap) => gap.from <= to + 50 && gap.to >= from - 50);
  const untouched = written.filter((one) => effectsOf(one).length === 0);
  const doubled = written.filter((one) => {
    return effectsOf(one).filter((again) => !again).length > one.tries;
  });
  const sentAgain = new Set(written.filter(({ tries }) => tries > 1).map(nameOf));
  return {
    lost: untouched.filter((one) => !isTold(one)).map(nameOf),
    doubled: doubled.map(nameOf),
    disordered: done.flatMap((effects) => disorder(effects, sentAgain)),
    mayBeRepeats: done.flat().filter(({ again }) => again).length,
    repeats: written.reduce((sum, one) => sum + Math.max(0, effectsOf(one).length - 1), 0),
    missed: untouched.filter(isTold).length,
  };
}

const nameOf = ({ key, event }: Written) => `${key} ${event}`;

/**
 * What one member did of a key behind something that came later.
 *
 * @param sentAgain what may have happened twice, the one time right behind the other
 */
function disorder(
  done: readonly { readonly did: string }[],
  sentAgain: ReadonlySet<string>,
): string[] {
  const last = new Map<string, number>();
  return done.flatMap(({ did }) => {
    const [key = "", event = ""] = did.split(" ");
    const step = LIFE.indexOf(event as (typeof LIFE)[number]);
    const before = last.get(key) ?? -1;
    const isBehind = step < before || (step === before && !sentAgain.has(did));
    last.set(key, step);
    return isBehind ? [did] : [];
  });
}

/** Waits until every event's effect has come, or no more come. */
export async function settled(
  members: readonly Member[],
  written: readonly Written[],
): Promise<void> {
  let before = -1;
  let since = Date.now();
  await waitFor(
    async () => {
      await pause(200);
      const done = await Promise.all(members.map((member) => member.did()));
      const count = new Set(done.flat().map(({ did }) => did)).size;
      if (count >= written.length) return true;
      if (count !== before) since = Date.now();
      before = count;
      return Date.now() - since > 8_000;
    },
    { what: "all effects", deadline: 60_000 },
  );
}
