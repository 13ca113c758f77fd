import { createPublicKey } from "node:crypto";
import { z } from "zod";
import { json, type Kind, Misfit, text } from "./kinds.js";

/** Bytes of AMQP's short strings. */
const SHORT_STRING = 255;
/** Bytes of a key mask, and of all of them: the time that a key takes grows with it. */
const MASK_BYTES = 512;
const MASKS_BYTES = 4_096;
/** Under `u` a pair is one character, so only half of one is found. */
const HALF_SURROGATE = /\p{Surrogate}/u;

const REDIS_URL = /^(?:rediss?|rediss?\+(?:cluster|sentinel)):\/\/./;

/** The scheme alone: the keyspace layer reads the rest, and says what is wrong with it. */
export function checkRedisUrl(url: string): void {
  if (!REDIS_URL.test(url)) throw new Misfit();
}

export function checkWebUrl(url: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Misfit();
}

export function checkOrigin(origin: string): void {
  checkWebUrl(origin);
  const right = new URL(origin).origin;
  if (origin !== right) throw new Misfit(`${origin} is not an origin, ${right} is`);
}

/** PEM or a JSON Web Key; `\\n` in PEM stands for a line break, as environments often need it. */
export function publicKey(): Kind<string> {
  const takes = 'a public key in PEM ("-----BEGIN PUBLIC KEY-----…"), or as a JSON Web Key';
  const kind = text(takes);
  return {
    ...kind,
    parse(input) {
      const key = kind.parse(input).trim().replaceAll("\\n", "\n");
      if (isPrivate(key)) throw new Misfit("that is a private key");
      try {
        createPublicKey(key.startsWith("{") ? { key: JSON.parse(key), format: "jwk" } : key);
      } catch (cause) {
        // What OpenSSL says of it helps nobody, and a JSON error quotes the key.
        throw new Misfit("it cannot be read", { cause });
      }
      return key;
    },
  };
}

function isPrivate(key: string): boolean {
  // "d" is the private part of a JSON Web Key, "k" the secret of a symmetric one.
  return /PRIVATE KEY-----/.test(key) || (key.startsWith("{") && /"[dk]"\s*:/.test(key));
}

const grant = z.strictObject({
  keys: z.string().min(1),
  events: z.array(z.string().min(1)).min(1).optional(),
  db: z.union([z.int().min(0), z.literal("*")]).optional(),
  values: z.boolean().optional(),
});

/** Roles to the grants that a token which names the role is given; `${claim}` is filled in. */
export const grantTemplates = z.record(z.string().min(1), z.array(grant).min(1).readonly());

/**
 * A grant as `keywire token --grant` takes it: a glob of keys, or JSON.
 *
 * @throws Misfit saying what is wrong with the JSON
 */
export function parseGrant(written: string): z.infer<typeof grant> {
  if (written === "") throw new Misfit("it matches no key");
  if (!written.startsWith("{")) return { keys: written };
  return json("a grant", grant).parse(written);
}

export function checkBrokerUrl(url: string): void {
  if (!URL.canParse(url)) throw new Misfit();
  const { protocol, hostname, username, password, pathname } = new URL(url);
  if (!/^amqps?:$/.test(protocol) || hostname === "") throw new Misfit();
  try {
    decodeURIComponent(`${username}:${password}${pathname}`);
  } catch {
    throw new Misfit("a % that stands for itself is written as %25");
  }
}

/** The name of an exchange, or a routing key; either may be empty. */
export function shortString(what: string): Kind<string> {
  const kind = text(`${what} of up to ${SHORT_STRING} bytes`, /^[^\0]*$/);
  return {
    ...kind,
    parse(input) {
      const value = kind.parse(input);
      if (Buffer.byteLength(value) > SHORT_STRING) throw new Misfit();
      return value;
    },
  };
}

/** Key masks: comma separated, or as a JSON array where one of them holds a comma. */
export function masks(): Kind<readonly string[]> {
  return {
    takes: `key masks of up to ${MASK_BYTES} bytes each and ${MASKS_BYTES} together, comma separated or as a JSON array, as in ^order:.*$,^user:; or ALL`,
    parse(input) {
      const list = typeof input === "string" ? readList(input) : input;
      if (!Array.isArray(list)) throw new Misfit();
      for (const mask of list) checkMask(mask);
      const bytes = list.reduce((sum, mask) => sum + Buffer.byteLength(mask), 0);
      if (bytes > MASKS_BYTES) throw new Misfit(`they are ${bytes} bytes together`);
      return list;
    },
    format: (values) =>
      values.length === 0 || values.some((mask) => /[,[\s]/.test(mask))
        ? JSON.stringify(values)
        : values.join(","),
  };
}

function readList(written: string): unknown {
  const list = written.startsWith("[") ? jsonArray(written) : undefined;
  return list ?? written.split(",").map((part) => part.trim());
}

/** Undefined where it is none: a mask may begin with a bracket, too. */
function jsonArray(written: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(written);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function checkMask(mask: unknown): void {
  if (typeof mask !== "string") throw new Misfit(`${JSON.stringify(mask)} is no text`);
  if (mask === "") throw new Misfit("one is empty, which would match every key; ALL says so");
  if (HALF_SURROGATE.test(mask))
    throw new Misfit(`${JSON.stringify(mask)} holds half a surrogate pair`);
  const bytes = Buffer.byteLength(mask);
  if (bytes > MASK_BYTES) throw new Misfit(`one has ${bytes} bytes`);
}
