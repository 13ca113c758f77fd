/** What the address may carry behind its `#`, where no server and no log ever sees it. */
export interface Fragment {
  readonly token: string | null;
  readonly channels: readonly string[];
  /** The page's path, "/events", where the fragment names one. */
  readonly path: string | null;
}

/**
 * Reads `#token=<jwt>&channel=prefix:order:` (both optional, `channel` repeatable) or `#/gateway`.
 *
 * @param hash as `location.hash` gives it, with or without the `#`
 */
export function parseFragment(hash: string): Fragment {
  const text = hash.replace(/^#/, "");
  if (text.startsWith("/")) return { token: null, channels: [], path: text };
  const fields = new URLSearchParams(text);
  return { token: fields.get("token") || null, channels: fields.getAll("channel"), path: null };
}
