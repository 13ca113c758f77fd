/** What libraries threw, as texts for people: in the words of the engine that they were written for. */

/** What the prelude tells of a thrown value. */
export interface Description {
  readonly text: string;
  readonly stack: string;
  /** Whether it is about how `redis.register…` was called. */
  readonly misuse: boolean;
}

export function parseDescription(json: string): Description {
  const { text, stack, misuse } = JSON.parse(json) as Partial<Description>;
  return { text: String(text), stack: String(stack), misuse: misuse === true };
}

/** QuickJS' words and V8's. */
const WORDING: readonly (readonly [RegExp, string])[] = [
  [
    /cannot read property '(.*)' of (undefined|null)/,
    "Cannot read properties of $2 (reading '$1')",
  ],
  [/cannot set property '(.*)' of (undefined|null)/, "Cannot set properties of $2 (setting '$1')"],
  [/ReferenceError: '(.*)' is not defined/, "ReferenceError: $1 is not defined"],
  [
    /ReferenceError: '?([^' ]+)'? is not initialized/,
    "ReferenceError: Cannot access '$1' before initialization",
  ],
  [/TypeError: '.*' is read-only/, "TypeError: Assignment to constant variable."],
  [/TypeError: not a function/, "TypeError: what is called is not a function"],
  [/TypeError: value is not iterable/, "TypeError: the value is not iterable"],
  [/InternalError: stack overflow/, "RangeError: Maximum call stack size exceeded"],
];

export function inUsualWords(text: string): string {
  for (const [pattern, words] of WORDING) {
    if (pattern.test(text)) return text.replace(pattern, words);
  }
  return text;
}

/** The line of the library in which it happened: the topmost of its own in the stack. */
export function lineIn(stack: string, file: string): number | undefined {
  for (const [, place, line] of stack.matchAll(/^ +at (?:.*\()?(.*?):(\d+)(?::\d+)?\)?$/gm)) {
    if (place === file) return Number(line);
  }
  return undefined;
}

export function withLine(text: string, line: number | undefined): string {
  return line === undefined ? text : `${text} (line ${line})`;
}
