import { createPublicKey } from "node:crypto";
import { z } from "zod";
import { json, type Kind, Misfit, text } from "./kinds.js";

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
  if (!written.startsWith("{")) return { keys: written };
  return json("a grant", grant).parse(written);
}
