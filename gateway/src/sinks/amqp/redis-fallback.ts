import { createHash } from "node:crypto";
import type { Clock } from "@keywire/shared";
import {
  type Appended,
  type Drained,
  type DrainRequest,
  type FallbackLimit,
  type FallbackStore,
  NotTaken,
  type Standing,
} from "./ports.js";
import { APPEND, DRAIN, LOOK, PURGE, RELEASE, sharedKeys, turnKey } from "./redis-scripts.js";

/** What this takes of a Redis connection; ioredis' `Redis` and `Cluster` have it. */
export interface ScriptConnection {
  callBuffer(command: string, args: (string | number | Buffer)[]): Promise<unknown>;
  disconnect(): void;
}

export interface RedisFallbackPorts {
  readonly clock: Clock;
  /** Opens a connection that is used for nothing else. */
  readonly connect: () => ScriptConnection;
  /** Differs from that of every other gateway and every other run. */
  readonly life: string;
}

/**
 * What Redis says to a script's first write, and does none: its memory is full, it cannot save, it has too
 * few replicas, it is one itself. Before Redis 7 that stands behind a sentence about the script.
 */
const REFUSAL = /(?:^|-)(?:OOM|MISCONF|NOREPLICAS|READONLY) /;
/** ms that Redis has to answer: a connection may be open and dead. */
const ANSWER_TIMEOUT = 3_000;
/** ms that the right to send lasts without a call. */
const RIGHT_TO_SEND = 10_000;

class Script {
  readonly text: string;
  readonly sha: string;

  constructor(text: string) {
    this.text = text;
    this.sha = createHash("sha1").update(text).digest("hex");
  }
}

const SCRIPTS = {
  look: new Script(LOOK),
  append: new Script(APPEND),
  drain: new Script(DRAIN),
  release: new Script(RELEASE),
  purge: new Script(PURGE),
};

/** The fallback as lists in Redis. */
export class RedisFallback implements FallbackStore {
  readonly #ports: RedisFallbackPorts;
  #connection: ScriptConnection;
  #isClosed = false;
  #seenPushed = 0;
  #seenGone = 0;

  constructor(ports: RedisFallbackPorts) {
    this.#ports = ports;
    this.#connection = ports.connect();
  }

  async look(): Promise<Standing> {
    return this.#standing(await this.#run(SCRIPTS.look, []));
  }

  async append(
    turn: number,
    entries: readonly Uint8Array[],
    { size, policy }: FallbackLimit,
  ): Promise<Appended> {
    const args = [turn, size, policy, ...entries.map(asBuffer)];
    const reply = await this.#run(SCRIPTS.append, args, [turnKey(this.#ports.life)]).catch(
      (error: unknown) => {
        throw isRefusal(error) ? new NotTaken(error.message, { cause: error }) : error;
      },
    );
    const [standing, accepted, dropped, from, to] = asArray(reply);
    return {
      ...this.#standing(standing),
      accepted: Number(accepted),
      dropped: Number(dropped),
      from: Number(String(from)),
      to: Number(String(to)),
    };
  }

  async drain({ removeUpTo, knownUpTo, want }: DrainRequest): Promise<Drained> {
    const { life } = this.#ports;
    const args = [life, RIGHT_TO_SEND, removeUpTo, knownUpTo ?? -1, want];
    const reply = asArray(await this.#run(SCRIPTS.drain, args));
    const [standing, waiting, isOurs, first, again, entries] = reply;
    return {
      ...this.#standing(standing),
      waiting: Number(waiting),
      isOurs: Number(isOurs) === 1,
      first: Number(first),
      again: Number(again),
      entries: asArray(entries) as Buffer[],
    };
  }

  async release(request: { removeUpTo: number; keepUpTo: number }): Promise<void> {
    const { removeUpTo, keepUpTo } = request;
    this.#standing(await this.#run(SCRIPTS.release, [this.#ports.life, removeUpTo, keepUpTo]));
  }

  async purge(): Promise<number> {
    const [purged, standing] = asArray(await this.#run(SCRIPTS.purge, []));
    this.#standing(standing);
    return Number(purged);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.disconnect();
  }

  #standing(reply: unknown): Standing {
    const [waiting, fetched, pushed, isDrained, lost, returned, since] = asArray(reply).map((one) =>
      Number(String(one)),
    );
    const length = (waiting ?? 0) + (fetched ?? 0);
    this.#seenPushed = pushed ?? 0;
    this.#seenGone = this.#seenPushed - length;
    return {
      length,
      isDrained: isDrained === 1,
      lost: lost ?? 0,
      returned: returned ?? 0,
      ...(since ? { since } : {}),
    };
  }

  async #run(
    { text, sha }: Script,
    args: readonly (string | number | Buffer)[],
    ownKeys: readonly string[] = [],
  ): Promise<unknown> {
    const keys = [...sharedKeys(), ...ownKeys];
    const seen = [this.#seenPushed, this.#seenGone];
    const rest = [keys.length, ...keys, ...seen, ...args];
    const connection = this.#connection;
    try {
      return await this.#answered(connection.callBuffer("EVALSHA", [sha, ...rest]));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return this.#answered(connection.callBuffer("EVAL", [text, ...rest]));
    }
  }

  /** A connection that does not answer is given up: what was asked of it is asked again of another. */
  async #answered(answer: Promise<unknown>): Promise<unknown> {
    const { clock, connect } = this.#ports;
    const connection = this.#connection;
    return new Promise((resolve, reject) => {
      const timer = clock.after(ANSWER_TIMEOUT, () => {
        reject(new Error(`Redis did not answer within ${ANSWER_TIMEOUT} ms`));
        if (this.#isClosed || this.#connection !== connection) return;
        this.#connection = connect();
        connection.disconnect();
      });
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError" && REFUSAL.test(error.message);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function asArray(reply: unknown): unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new Error("Redis answered a script with something that is no list");
}
