import type { Claims } from "./token.js";

/** How many channels are suggested at most. */
const MOST = 5;
const EXAMPLES = ["prefix:order:", "key:order:42", "pattern:*:total", "event:expired"];

/**
 * Channels worth trying with a token: its own grants first, then the kinds that it may use.
 * A token whose grants come from roles does not say what they are, and gets the examples.
 */
export function suggestChannels(claims: Claims | null): string[] {
  const globs = claims?.globs ?? [];
  const own = globs.map(channelOf);
  const unlimited = globs.length === 0 || globs.includes("*");
  const offered = unlimited ? [...own, ...EXAMPLES] : own;
  return [...new Set(offered)].slice(0, MOST);
}

/** The simplest channel that hears what a grant's glob allows. */
function channelOf(glob: string): string {
  const [, literal, star] = /^([^*?[\\]*)(\*?)$/.exec(glob) ?? [];
  if (literal === undefined) return `pattern:${glob}`;
  return star === "*" ? `prefix:${literal}` : `key:${literal}`;
}
