import type { Value } from "@keywire/shared";
import type { ValueLimits } from "../limits.js";
import type { Command, Reply } from "../ports.js";

/** A value and how many bytes its strings have. */
export interface Measured {
  readonly value: Value;
  readonly bytes: number;
}

/** How values of one type are read. Every step is one transaction, so its answers fit together. */
export interface Shape {
  /** Asked first, where fetching would be unbounded: how large is it? */
  readonly measure?: Step<Measured | "fits">;
  readonly fetch: Step<Measured>;
}

export interface Step<Outcome> {
  /** Bytes that the answer has at the most, as far as Redis lets us say. */
  weight(limits: ValueLimits): number;
  commands(key: Uint8Array, limits: ValueLimits): readonly Command[];
  /** @param replies one for each command */
  read(replies: readonly Reply[], limits: ValueLimits): Outcome;
}

/** Larger than the limits allow: only the size is told. */
export function truncated(type: string, length: number): Measured {
  return { value: { type, truncated: true, length }, bytes: 0 };
}

/** What a few numbers take on the wire. */
export const SMALL_REPLY = 128;

export function integer(reply: Reply | undefined): number {
  if (typeof reply !== "number") throw unexpected("a number", reply);
  return reply;
}

export function bulk(reply: Reply | undefined): Buffer {
  if (!Buffer.isBuffer(reply)) throw unexpected("a string", reply);
  return reply;
}

export function bulks(reply: Reply | undefined): readonly Buffer[] {
  return array(reply).map(bulk);
}

export function array(reply: Reply | undefined): readonly Reply[] {
  if (!Array.isArray(reply)) throw unexpected("an array", reply);
  return reply;
}

function unexpected(wanted: string, got: unknown): Error {
  if (got instanceof Error) return got;
  return new Error(`Redis answered ${String(got)} where ${wanted} was expected`);
}
