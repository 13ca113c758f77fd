import { base64Decode, utf8Decode } from "@keywire/shared";

/** A run of text that is shown as it is, or an escape that stands for what cannot be shown. */
export interface Segment {
  readonly text: string;
  readonly escaped: boolean;
}

export interface Key {
  readonly key: string | null;
  /** base64 of the key's bytes, where `key` is null. */
  readonly key_raw?: string;
}

/** Longest key that is looked at, in characters or bytes: a row shows far less, a detail rarely more. */
export const LONGEST_SHOWN = 4_096;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);

// Controls, marks that reorder or hide text, unpaired surrogates, and spaces other than the plain one.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?! )\p{Zs}|^ +| +$/gu;

/** A key as segments that show every character or byte of it, and none that acts on the page. */
export function visibleKey({ key, key_raw }: Key, longest: number = LONGEST_SHOWN): Segment[] {
  if (key !== null) return visibleText(key, longest);
  const bytes = base64Decode(key_raw ?? "");
  if (bytes === null) return [{ text: "(unreadable key)", escaped: true }];
  return visibleBytes(bytes, longest);
}

/** Text with everything that cannot be seen spelled out: `\n`, `\x00`, `\u{202e}`. */
export function visibleText(text: string, longest: number = LONGEST_SHOWN): Segment[] {
  const shown = cut(text, longest);
  const segments = spellOut(shown);
  if (shown.length < text.length) segments.push(ellipsis(text.length - shown.length, "characters"));
  return segments;
}

/** Bytes with what is UTF-8 in them as text, and each other byte as `\xNN`. */
export function visibleBytes(bytes: Uint8Array, longest: number = LONGEST_SHOWN): Segment[] {
  const shown = bytes.subarray(0, longest);
  const segments = runs(shown).flatMap((run) =>
    typeof run === "string" ? spellOut(run) : [{ text: hex(run), escaped: true }],
  );
  if (shown.length < bytes.length) segments.push(ellipsis(bytes.length - shown.length, "bytes"));
  return segments;
}

/** The segments as one string, for titles, labels and screen readers. */
export function plain(segments: readonly Segment[]): string {
  return segments.map((segment) => segment.text).join("");
}

function spellOut(text: string): Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) segments.push({ text: text.slice(end, match.index), escaped: false });
    segments.push({ text: spell(match[0]), escaped: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) segments.push({ text: text.slice(end), escaped: false });
  return segments;
}

function spell(hidden: string): string {
  return Array.from(hidden, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const short = SHORT.get(character);
    if (short !== undefined) return short;
    return code < 0x80 ? hex(code) : `\\u{${code.toString(16)}}`;
  }).join("");
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

function ellipsis(left: number, unit: string): Segment {
  return { text: `… ${left} more ${unit}`, escaped: true };
}

/** The first `longest` UTF-16 units, less a surrogate whose other half would be cut off. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const splits = /[\uD800-\uDBFF]/.test(text.charAt(longest - 1));
  return text.slice(0, splits ? longest - 1 : longest);
}

/** Bytes as an alternation of texts and single bytes that belong to none. */
function runs(bytes: Uint8Array): (string | number)[] {
  const found: (string | number)[] = [];
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    if (character !== null) text += character.text;
    else {
      if (text !== "") found.push(text);
      text = "";
      found.push(bytes[at] ?? 0);
    }
    at += character?.length ?? 1;
  }
  if (text !== "") found.push(text);
  return found;
}

function characterAt(bytes: Uint8Array, at: number): { text: string; length: number } | null {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const text = utf8Decode(bytes.subarray(at, at + length));
  return text === null ? null : { text, length: Math.min(length, bytes.length - at) };
}
