import { startsWith } from "@keywire/shared";
import { EventClasses } from "./classes.js";
import { Masks } from "./masks/masks.js";
import type { ForwarderSettings, SinkEvent } from "./ports.js";

/** Keys of the gateway's own. */
const OWN_KEYS = Buffer.from("{keywire}:");

/** Which events are forwarded: those of the masks and of the classes, and none of the gateway's own. */
export class Selection {
  readonly #masks: Masks | "ALL";
  readonly #classes: EventClasses;

  constructor({ masks, events }: Pick<ForwarderSettings, "masks" | "events">) {
    const isAll = masks.includes("ALL");
    this.#masks = isAll ? "ALL" : new Masks(masks.map((mask) => Buffer.from(mask)));
    this.#classes = new EventClasses(events);
  }

  has({ key, event }: SinkEvent): boolean {
    if (!this.#classes.has(event) || startsWith(key, OWN_KEYS)) return false;
    return this.#masks === "ALL" || this.#masks.matches(key);
  }
}
