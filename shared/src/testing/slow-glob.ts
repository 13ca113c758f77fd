/**
 * Redis' rules for globs read out one character after the other, over text and with no thought of
 * speed: what the quick ones are compared with. A pattern that has matched something has become the
 * patterns that are left of it.
 */

/** Every character that the tests' patterns are made of, and one of each stretch between them. */
export const LETTERS: readonly string[] = [..."!*,-0?A[\\]^_abz"];

export function slowMatches(pattern: string, input: string): boolean {
  return accepts([...input].reduce(advance, new Set([pattern])));
}

/** Whether every text over LETTERS that matches `b` matches `a`: all pairs of what is left are seen. */
export function slowCovers(a: string, b: string): boolean {
  return !someText(a, b, (leftOfA, leftOfB) => accepts(leftOfB) && !accepts(leftOfA));
}

/** Whether some text over LETTERS matches both. */
export function slowIntersects(a: string, b: string): boolean {
  return someText(a, b, (leftOfA, leftOfB) => accepts(leftOfA) && accepts(leftOfB));
}

type Left = ReadonlySet<string>;

function someText(a: string, b: string, holds: (a: Left, b: Left) => boolean): boolean {
  const seen = new Set<string>();
  const todo: [Left, Left][] = [[new Set([a]), new Set([b])]];
  for (let pair = todo.pop(); pair !== undefined; pair = todo.pop()) {
    const [leftOfA, leftOfB] = pair;
    const id = JSON.stringify([[...leftOfA].sort(), [...leftOfB].sort()]);
    if (seen.has(id)) continue;
    seen.add(id);
    if (holds(leftOfA, leftOfB)) return true;
    for (const letter of LETTERS) {
      todo.push([advance(leftOfA, letter), advance(leftOfB, letter)]);
    }
  }
  return false;
}

function accepts(patterns: Left): boolean {
  return [...patterns].some((pattern) => /^\**$/.test(pattern));
}

function advance(patterns: Left, letter: string): Set<string> {
  return new Set([...patterns].flatMap((pattern) => leftOf(pattern, letter)));
}

function leftOf(pattern: string, letter: string): string[] {
  const first = pattern[0];
  const rest = pattern.slice(1);
  if (first === undefined) return [];
  if (first === "*") return [pattern, ...leftOf(rest, letter)];
  if (first === "?") return [rest];
  if (first === "[") return leftOfClass(rest, letter);
  if (first === "\\" && rest !== "") return rest[0] === letter ? [rest.slice(1)] : [];
  return first === letter ? [rest] : [];
}

function leftOfClass(text: string, letter: string): string[] {
  const isNegated = text[0] === "^";
  let left = isNegated ? text.slice(1) : text;
  let isIn = false;
  while (left !== "" && left[0] !== "]") {
    const [one = "", two = "", three = ""] = left;
    if (one === "\\" && two !== "") {
      isIn ||= two === letter;
      left = left.slice(2);
    } else if (two === "-" && three !== "") {
      const [first = "", last = ""] = [one, three].sort();
      isIn ||= first <= letter && letter <= last;
      left = left.slice(3);
    } else {
      isIn ||= one === letter;
      left = left.slice(1);
    }
  }
  return isIn === isNegated ? [] : [left.slice(1)];
}
