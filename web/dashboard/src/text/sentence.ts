/** What the gateway says in passing, as a sentence that stands alone. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/(^|[.!?…])$/.test(trimmed) ? "" : "."}`;
}
