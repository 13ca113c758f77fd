import type { Backlog } from "./backlog.js";
import type { Part } from "./part.js";
import type { Places } from "./places.js";
import type { Event, LeasePorts } from "./ports.js";

/** What the halves of a group have in common. */
export interface Shared<E extends Event> {
  readonly name: string;
  readonly ports: LeasePorts<E>;
  readonly parts: readonly Part[];
  readonly backlog: Backlog<E>;
  /** By node. */
  readonly places: Map<string, Places>;
}
