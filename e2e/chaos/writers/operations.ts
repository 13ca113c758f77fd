/** One command on one key, and the events that it raises: known by what it answers. */
export interface Operation {
  readonly command: string;
  args(key: string): (string | number)[];
  raises(reply: unknown): readonly string[];
  /** What it may raise, where the answer never came. */
  readonly may: readonly string[];
}

function always(command: string, events: readonly string[], ...rest: readonly (string | number)[]) {
  return {
    command,
    args: (key: string) => [key, ...rest],
    raises: () => events,
    may: events,
  };
}

/** Raises its event where it answers 1. */
function where1(command: string, event: string, ...rest: readonly (string | number)[]) {
  const operation = always(command, [event], ...rest);
  return { ...operation, raises: (reply: unknown) => (reply === 1 ? [event] : []) };
}

/** s; longer than any run */
const LONG = 86_400;

/**
 * What happens to a lasting key, round and round. No event name comes twice in a round, so that the
 * event a client is told of is known by its name and its time; the value stays a short number.
 */
export const ROUND: readonly Operation[] = [
  always("SET", ["set"], 7),
  always("APPEND", ["append"], 1),
  where1("EXPIRE", "expire", LONG),
  always("INCRBY", ["incrby"], 1),
  always("SETRANGE", ["setrange"], 0, 3),
  where1("PERSIST", "persist"),
  always("INCRBYFLOAT", ["incrbyfloat"], 1),
  where1("DEL", "del"),
];

/** The life of a passing key. */
export const SET_WITH_TTL: Operation = always("SET", ["set", "expire"], "once", "EX", LONG);
export const DELETE: Operation = where1("DEL", "del");

export const STRING_EVENTS: readonly string[] = ROUND.flatMap(({ may }) => may);
