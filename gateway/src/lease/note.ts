/**
 * What a fence's note says of a group: of this node's events before an earlier fence, those of these
 * parts are done.
 *
 *     triggers gw1.triggers-7:00000000ffffffff gw1.triggers-6:0000000100000000 !
 *
 * The parts are a bitmap of 64 bits in hex, the highest part first. `!` says that leases were
 * released or want looking at.
 */
export interface Note {
  readonly done: readonly Done[];
  readonly isCall: boolean;
}

export interface Done {
  /** The id of an earlier fence of the same node. */
  readonly before: string;
  readonly parts: readonly number[];
}

const CALL = "!";
const BITMAP_DIGITS = 16;

export function encodeNote(group: string, { done, isCall }: Note): string {
  const words = done.map(({ before, parts }) => `${before}:${encodeParts(parts)}`);
  return [group, ...words, ...(isCall ? [CALL] : [])].join(" ");
}

/** What a note says of the group; undefined where it is about another one, or nobody's of ours. */
export function parseNote(group: string, text: string): Note | undefined {
  if (text !== group && !text.startsWith(`${group} `)) return undefined;
  const words = text.slice(group.length + 1).split(" ");
  return {
    done: words.flatMap((word) => parseDone(word) ?? []),
    isCall: words.includes(CALL),
  };
}

function parseDone(word: string): Done | undefined {
  const colon = word.lastIndexOf(":");
  const digits = word.slice(colon + 1);
  if (colon < 1 || digits.length !== BITMAP_DIGITS || !/^[0-9a-f]+$/.test(digits)) return undefined;
  return { before: word.slice(0, colon), parts: parseParts(digits) };
}

function encodeParts(parts: readonly number[]): string {
  const digits = Array<number>(BITMAP_DIGITS).fill(0);
  for (const part of parts) {
    const at = BITMAP_DIGITS - 1 - (part >> 2);
    digits[at] = (digits[at] ?? 0) | (1 << (part & 3));
  }
  return digits.map((digit) => digit.toString(16)).join("");
}

function parseParts(digits: string): number[] {
  const parts: number[] = [];
  for (let at = BITMAP_DIGITS - 1; at >= 0; at--) {
    const digit = Number.parseInt(digits.charAt(at), 16);
    for (let bit = 0; bit < 4; bit++) {
      if (digit & (1 << bit)) parts.push((BITMAP_DIGITS - 1 - at) * 4 + bit);
    }
  }
  return parts;
}
