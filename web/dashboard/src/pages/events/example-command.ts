/** What needs no quotes in a shell, and is no pattern there. */
const PLAIN = /^[\w:.@/-]+$/;

/** A command that a watched channel hears of; null where none of them names a key. */
export function exampleCommand(channels: readonly string[]): string | null {
  for (const channel of channels) {
    const [, kind, database = "0", key = ""] =
      /^(key|prefix)(?:@(\d+))?:(.*)$/s.exec(channel) ?? [];
    const written = kind === "key" ? key : `${key || "order:"}42`;
    if (kind === undefined || !PLAIN.test(written)) continue;
    return `redis-cli ${database === "0" ? "" : `-n ${database} `}set ${written} paid`;
  }
  return null;
}
