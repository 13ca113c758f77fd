import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Environment } from "../../config.js";
import { CommandError } from "../command.js";
import { type KeptServer, keep } from "./keeper.js";
import { freePort } from "./ports.js";
import { findRedisServer } from "./program.js";

const HOST = "127.0.0.1";
/** ms until it must answer; it takes a few, but machines are busy. */
const START_DEADLINE = 15_000;
/** ms between two attempts to reach it. */
const START_PAUSE = 15;
/** Another program may take the port between our looking and the server's binding it. */
const START_ATTEMPTS = 3;

export interface PrivateRedis extends KeptServer {
  readonly port: number;
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
}

interface Launched extends PrivateRedis {
  readonly folder: string;
}

/**
 * Starts a Redis or Valkey of our own on a free loopback port, without persistence, in a temp folder.
 *
 * @throws CommandError where there is none to start, or it does not start; the signal's reason
 */
export async function startPrivateRedis(
  env: Environment,
  signal: AbortSignal,
): Promise<PrivateRedis> {
  const program = findRedisServer(env);
  for (let attempt = 1; ; attempt++) {
    const server = await launch(program);
    try {
      await answering(server, signal);
      return server;
    } catch (error) {
      await server.end();
      if (attempt === START_ATTEMPTS || signal.aborted) throw error;
    }
  }
}

async function launch(program: string): Promise<Launched> {
  const port = await freePort(HOST, 0);
  if (port === undefined) throw new CommandError("no port is free for a private Redis");
  const folder = join(temporaryFolder(), `keywire-dev-${randomBytes(6).toString("hex")}`);
  const kept = keep(folder, [
    program,
    ...["--port", String(port), "--bind", HOST, "--dir", folder],
    ...["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"],
  ]);
  return { ...kept, port, folder, url: `redis://${HOST}:${port}` };
}

/** Its real path, which the server tells when it is asked whether it is ours. */
function temporaryFolder(): string {
  try {
    return realpathSync(tmpdir());
  } catch (cause) {
    const message = `there is no folder ${tmpdir()} for temporary files; TMPDIR names another one`;
    throw new CommandError(message, undefined, { cause });
  }
}

async function answering(server: Launched, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_DEADLINE;
  let output: string | undefined;
  void server.ended.then((end) => {
    output = end;
  });
  while (!(await isOurs(server))) {
    signal.throwIfAborted();
    if (output !== undefined) {
      const reason = lastWords(output);
      throw new CommandError(`the private Redis ended as soon as it was started: ${reason}`);
    }
    if (Date.now() > deadline) {
      throw new CommandError(`the private Redis did not answer within ${START_DEADLINE / 1_000} s`);
    }
    await pause(START_PAUSE);
  }
}

/** What every server says of itself, and nobody wants to read when it has died. */
const SMALL_TALK = /WARNING|Configuration loaded|Server initialized|is starting|version=|^$/;

/** The end of its log as a sentence may quote it: the last lines, without process ids and dates. */
export function lastWords(output: string): string {
  const lines = output
    .split("\n")
    .filter((line) => !SMALL_TALK.test(line))
    .map((line) => line.replace(/^\d+:\w \d+ \w+ \d+ [\d:.]+ [#*.-] /, "").trim());
  return lines.slice(-3).join("; ");
}

/** Whether it answers, and not somebody else who took the port. */
async function isOurs({ port, folder }: Launched): Promise<boolean> {
  const redis = new Redis({ port, host: HOST, lazyConnect: true, retryStrategy: null });
  // Refused until it listens.
  redis.on("error", () => {});
  try {
    await redis.connect();
    const [, dir] = (await redis.config("GET", "dir")) as string[];
    return dir === folder;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
