import { isOwn } from "../own-names.js";
import type { FedEvent, FedMissed } from "../ports.js";
import type { Binding, Bindings } from "./bindings.js";
import type { Lane } from "./lane.js";

/** The event's name of a key's first write: told besides the write's own, so it fires nothing. */
const NEW = "new";
const TRIGGER_ORIGIN = "trigger:";

export interface RunnerPorts {
  readonly bindings: Bindings<Lane>;
  /** Told of each event of a stream, whoever wrote it. */
  readonly stream: (event: FedEvent) => void;
  readonly missed: (missed: FedMissed) => void;
}

/** What is fed with events, and hands each one to the libraries that it concerns. */
export class Runner {
  readonly #ports: RunnerPorts;

  constructor(ports: RunnerPorts) {
    this.#ports = ports;
  }

  readonly take = (event: FedEvent, done: () => void): void => {
    if (isOwn(event.key) || event.event === NEW) {
      done();
      return;
    }
    this.#ports.stream(event);
    // What a library writes fires no keyspace trigger, neither its own nor another's.
    if (event.origin?.startsWith(TRIGGER_ORIGIN)) {
      done();
      return;
    }
    const found = this.#ports.bindings.match(event.key, event.event);
    if (found === undefined) done();
    else handOut(found, event, done);
  };

  readonly missed = (missed: FedMissed): void => this.#ports.missed(missed);
}

function handOut(
  found: ReadonlyMap<Lane, readonly Binding<Lane>[]>,
  event: FedEvent,
  done: () => void,
): void {
  let open = found.size;
  const through = () => {
    if (--open === 0) done();
  };
  for (const [lane, bindings] of found) {
    const triggers = bindings.map(({ trigger }) => trigger);
    lane.take(event, triggers, through);
  }
}
