import { reportUnheard } from "./errors.js";

type Listener = (detail: never) => void;

/** Listeners by event name; one that throws disturbs neither the others nor the client. */
export class Emitter<Events extends object> {
  readonly #listeners = new Set<{ readonly name: keyof Events; readonly call: Listener }>();

  /** @returns how to stop listening */
  on<Name extends keyof Events>(name: Name, call: (detail: Events[Name]) => void): () => void {
    // Wrapped, so that a function registered twice is called twice and removed once.
    const entry = { name, call };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** Whether anybody listened. */
  emit<Name extends keyof Events>(name: Name, detail: Events[Name]): boolean {
    const heard = [...this.#listeners].filter((entry) => entry.name === name);
    for (const { call } of heard) {
      try {
        (call as (detail: Events[Name]) => void)(detail);
      } catch (error) {
        reportUnheard(error);
      }
    }
    return heard.length > 0;
  }
}
