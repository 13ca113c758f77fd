import { spellOut } from "./kinds.js";
import { environmentName } from "./names.js";
import type { Config, SettingName } from "./settings.js";

/** What a command cannot do without. */
export type Requirement = "redis" | "tokens";

/** The names under which settings were given; none for those left at their default. */
export type Origins = ReadonlyMap<SettingName, string>;

const KEY_SETTINGS = ["jwtSecret", "jwtJwksUrl", "jwtPublicKey"] as const;
/** RFC 7518 asks for a secret as long as the digest; HS256's is this many bytes. */
const SECRET_BYTES = 32;

/** What no row can tell alone: settings that are missing, or do not go together. */
export function crossFaults(
  config: Config,
  origins: Origins,
  requires: ReadonlySet<Requirement>,
): string[] {
  return [
    ...(requires.has("redis") ? redisMissing(origins) : []),
    ...(requires.has("tokens") ? tokensMissing(origins) : []),
    ...severalKeys(origins),
    ...wrongAlgorithms(config.jwtAlgorithms ?? [], origins),
  ];
}

/** What is allowed but unwise, one sentence each. */
export function warnings(config: Config): string[] {
  const found: string[] = [];
  if (config.jwtSecret !== undefined && Buffer.byteLength(config.jwtSecret) < SECRET_BYTES) {
    found.push(`the token secret is shorter than ${SECRET_BYTES} bytes and may be guessed`);
  }
  if (config.jwtJwksUrl?.startsWith("http://")) {
    found.push("the token keys are fetched over http://, where others may change them");
  }
  return found;
}

function redisMissing(origins: Origins): string[] {
  if (origins.has("redis")) return [];
  const name = environmentName("redis");
  return [`${name} is not set; it names the Redis to serve, as in redis://127.0.0.1:6379`];
}

function tokensMissing(origins: Origins): string[] {
  if (givenKeys(origins).length > 0) return [];
  const names = spellOut(KEY_SETTINGS.map(environmentName), "or");
  return [
    `nothing says how tokens are verified; set ${names} (\`keywire dev\` makes a secret of its own)`,
  ];
}

function severalKeys(origins: Origins): string[] {
  const given = givenKeys(origins);
  if (given.length < 2) return [];
  return [`${spellOut(given, "and")} are set; tokens are verified in one way, so keep one of them`];
}

function wrongAlgorithms(algorithms: readonly string[], origins: Origins): string[] {
  const [key, another] = givenKeys(origins);
  if (key === undefined || another !== undefined) return [];
  const isSecret = origins.has("jwtSecret");
  const odd = algorithms.filter((name) => name.startsWith("HS") !== isSecret);
  if (odd.length === 0) return [];
  const right = isSecret ? "HS256, HS384 or HS512" : "any but HS256, HS384 and HS512";
  return [
    `${origins.get("jwtAlgorithms")} lists ${odd.join(", ")}, which ${key} cannot verify; with it, it takes ${right}`,
  ];
}

function givenKeys(origins: Origins): string[] {
  return KEY_SETTINGS.flatMap((setting) => origins.get(setting) ?? []);
}
