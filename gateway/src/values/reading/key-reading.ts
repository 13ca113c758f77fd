import { WireError } from "@keywire/shared";
import { type KeyState, MISSING, type Reading } from "../key-state.js";
import type { ValueLimits } from "../limits.js";
import { type Command, type Reply, ReplyError } from "../ports.js";
import { HASH_SHAPE, LIST_SHAPE, SET_SHAPE, ZSET_SHAPE } from "./collection-shapes.js";
import { type Guess, typeFromEncoding } from "./guess.js";
import { foreignShape, JSON_SHAPE, STREAM_SHAPE, STRING_SHAPE } from "./plain-shapes.js";
import { bulk, integer, type Measured, type Shape, SMALL_REPLY, type Step } from "./shape.js";

/** A key whose type changes under every look is given up after so many of them. */
const MAX_TRIPS = 8;

const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["string", STRING_SHAPE],
  ["hash", HASH_SHAPE],
  ["list", LIST_SHAPE],
  ["set", SET_SHAPE],
  ["zset", ZSET_SHAPE],
  ["stream", STREAM_SHAPE],
  ["ReJSON-RL", JSON_SHAPE],
]);

type Stage =
  /** It should be gone. Unlike every other reading command, this one raises no `keymiss`. */
  | { readonly kind: "absence" }
  | { readonly kind: "type" }
  | { readonly kind: "measure" | "fetch"; readonly type: string; readonly shape: Shape };

/**
 * How one key is read, one trip to Redis after another, without the trips themselves. The state that
 * comes out was all there at one moment of the last trip.
 */
export class KeyReading {
  readonly #key: Uint8Array;
  readonly #limits: ValueLimits;
  #stage: Stage;
  #trips = 0;

  constructor(key: Uint8Array, guess: Guess, limits: ValueLimits) {
    this.#key = key;
    this.#limits = limits;
    if (guess === "gone") this.#stage = { kind: "absence" };
    else this.#stage = guess === undefined ? { kind: "type" } : begin(guess.type);
  }

  /** What to ask on this trip, as one transaction. */
  commands(): readonly Command[] {
    const key = this.#key;
    switch (this.#stage.kind) {
      case "absence":
        return [["OBJECT", "ENCODING", key]];
      case "type":
        return [["TYPE", key]];
      default:
        return [["TYPE", key], ["PTTL", key], ...this.#step().commands(key, this.#limits)];
    }
  }

  /** Bytes that the answer has at the most. */
  get weight(): number {
    return this.#stage.kind === "measure" || this.#stage.kind === "fetch"
      ? this.#step().weight(this.#limits)
      : SMALL_REPLY;
  }

  /**
   * Takes the answers to `commands()`.
   *
   * @returns undefined where another trip is needed
   * @throws WireError `unavailable` where Redis refuses, or the key's type changes again and again
   */
  accept(replies: readonly Reply[]): Reading | undefined {
    this.#trips++;
    const reading = this.#read(replies);
    if (reading === undefined && this.#trips >= MAX_TRIPS) {
      throw new WireError(
        "unavailable",
        "the key changed its type again and again while it was read",
      );
    }
    return reading;
  }

  #read(replies: readonly Reply[]): Reading | undefined {
    const [first, ttl, ...rest] = replies;
    if (first instanceof ReplyError) throw refused(first);
    switch (this.#stage.kind) {
      case "absence":
        return this.#readEncoding(first);
      case "type":
        return this.#turnTo(String(first));
      default:
        // What the wrong commands answered, WRONGTYPE as a rule, is of no interest.
        if (first !== this.#stage.type) return this.#turnTo(String(first));
        return this.#readStep(integer(ttl), rest);
    }
  }

  #readEncoding(encoding: Reply | undefined): Reading | undefined {
    if (encoding === null) return MISSING;
    const type = typeFromEncoding(bulk(encoding).toString("latin1"));
    this.#stage = type === undefined ? { kind: "type" } : begin(type);
    return undefined;
  }

  #turnTo(type: string): Reading | undefined {
    if (type === "none") return MISSING;
    this.#stage = begin(type);
    return undefined;
  }

  #readStep(ttl: number, replies: readonly Reply[]): Reading | undefined {
    const refusal = replies.find((reply) => reply instanceof ReplyError);
    if (refusal !== undefined) throw refused(refusal);
    const outcome = this.#step().read(replies, this.#limits);
    const stage = this.#stage;
    if (outcome !== "fits") return finished(outcome, ttl, stage);
    if (stage.kind === "measure") this.#stage = { ...stage, kind: "fetch" };
    return undefined;
  }

  #step(): Step<Measured | "fits"> {
    const stage = this.#stage;
    if (stage.kind === "measure" && stage.shape.measure) return stage.shape.measure;
    if (stage.kind === "measure" || stage.kind === "fetch") return stage.shape.fetch;
    throw new Error(`a key is not read by a step while its ${stage.kind} is looked at`);
  }
}

function begin(type: string): Stage {
  const shape = SHAPES.get(type) ?? foreignShape(type);
  return { kind: shape.measure === undefined ? "fetch" : "measure", type, shape };
}

function finished({ value, bytes }: Measured, ttl: number, stage: Stage): Reading {
  const state: KeyState = ttl < 0 ? { value } : { value, ttl };
  return { state, bytes, type: "type" in stage ? stage.type : undefined };
}

function refused(error: ReplyError): WireError {
  return new WireError("unavailable", `Redis refuses to read the key: ${error.message}`, {
    cause: error,
  });
}
