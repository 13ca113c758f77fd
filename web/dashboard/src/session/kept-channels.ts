/** Where the watched channels outlive a reload: of this tab alone. */
const STORAGE_KEY = "keywire.channels";

/** The channels kept for this tab; null where none were ever kept. */
export function loadChannels(storage: Storage): string[] | null {
  const kept = storage.getItem(STORAGE_KEY);
  if (kept === null) return null;
  try {
    const parsed: unknown = JSON.parse(kept);
    return Array.isArray(parsed) ? parsed.filter((name) => typeof name === "string") : null;
  } catch {
    // Not what this page wrote: as good as nothing.
    return null;
  }
}

export function keepChannels(storage: Storage, channels: readonly string[]): void {
  storage.setItem(STORAGE_KEY, JSON.stringify(channels));
}

export function forgetChannels(storage: Storage): void {
  storage.removeItem(STORAGE_KEY);
}
