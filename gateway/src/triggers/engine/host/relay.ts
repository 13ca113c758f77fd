import type { FromSandbox } from "../wire/messages.js";
import type { ThreadEvents } from "./loading.js";

/** Keeps what is heard of a thread until it is known who listens. */
export class Relay implements ThreadEvents {
  #listener: ThreadEvents | undefined;
  readonly #kept: ((listener: ThreadEvents) => void)[] = [];

  to(listener: ThreadEvents): void {
    this.#listener = listener;
    for (const tell of this.#kept.splice(0)) tell(listener);
  }

  heard(message: FromSandbox): void {
    this.#tell((listener) => listener.heard(message));
  }

  failed(reason: "time" | "crash", message: string): void {
    this.#tell((listener) => listener.failed(reason, message));
  }

  #tell(tell: (listener: ThreadEvents) => void): void {
    if (this.#listener === undefined) this.#kept.push(tell);
    else tell(this.#listener);
  }
}
