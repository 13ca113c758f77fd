export type RefusalCode =
  /** A library of this name is loaded already. */
  | "taken"
  /** There is no library of this name. */
  | "absent"
  /** A stream trigger's prefix would change. */
  | "stream_prefix"
  /** It does not run on this gateway. */
  | "broken"
  /** Redis did not do its part. */
  | "unavailable";

/** Why something is not done with a library. The message says what would be right. */
export class LibraryRefusal extends Error {
  override readonly name = "LibraryRefusal";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function taken(name: string): LibraryRefusal {
  const message = `a library named ${name} is loaded already; load it with replace, delete that one first, or give this one another name`;
  return new LibraryRefusal("taken", message);
}

export function absent(name: string): LibraryRefusal {
  return new LibraryRefusal("absent", `there is no library named ${JSON.stringify(name)}`);
}

export function streamPrefixFixed(name: string, trigger: string): LibraryRefusal {
  const message = `the stream trigger ${trigger} of ${name} cannot get another prefix: it is in the middle of the streams that it reads; register one of another name, or delete the library first`;
  return new LibraryRefusal("stream_prefix", message);
}

export function unconfirmed(what: string, cause: unknown): LibraryRefusal {
  const message = `Redis did not confirm it, so nobody knows whether ${what}; look at the list, and try again`;
  return new LibraryRefusal("unavailable", message, { cause });
}
