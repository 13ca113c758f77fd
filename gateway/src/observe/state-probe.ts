import type { Instruments } from "./instruments.js";

/** Libraries that metrics tell apart: a label of more values costs whoever keeps them. */
export const MOST_LIBRARIES = 100;

/** The gateway's present state, read when metrics are asked for. */
export interface StateProbe {
  ready(): boolean;
  /** By transport. */
  sessions(): Readonly<Record<string, number>>;
  /** Of all sessions together. */
  subscriptions(): number;
  channels(): number;
  /** By kind, `subscribe` and `psubscribe`. */
  feeds(): Readonly<Record<string, number>>;
  nodes(): readonly NodeState[];
  /** Bytes of memory that all channels' histories take. */
  historyBytes(): number;
  /** Bytes that wait for slow clients, of all sessions together. */
  outboxBytes(): number;
  /** Trigger libraries on this gateway. */
  libraries(): readonly LibraryState[];
}

interface NodeState {
  readonly address: string;
  readonly state: string;
  readonly slots: number;
}

interface LibraryState {
  readonly name: string;
  readonly isBroken: boolean;
  readonly pending: number;
}

export function probeState(instruments: Instruments, state: StateProbe): void {
  instruments.gauge("ready", "1 where the gateway is ready to serve", () => Number(state.ready()), {
    together: "min",
  });
  instruments.gauge("sessions", "Open sessions, by transport", () => state.sessions(), {
    label: "transport",
  });
  instruments.gauge("subscriptions", "Subscriptions of all sessions", () => state.subscriptions());
  instruments.gauge("channels", "Channels that are kept, lingering ones included", () =>
    state.channels(),
  );
  instruments.gauge(
    "history_bytes",
    "Bytes of memory that the histories of all channels take",
    () => state.historyBytes(),
  );
  instruments.gauge("feeds", "Subscriptions held on Redis, by command", () => state.feeds(), {
    label: "kind",
  });
  probeNodes(instruments, state);
  instruments.gauge("outbox_bytes", "Bytes that wait for slow clients", () => state.outboxBytes());
  probeLibraries(instruments, state);
}

function probeNodes(instruments: Instruments, state: StateProbe): void {
  const nodes = (figure: (node: NodeState) => number) => () =>
    Object.fromEntries(state.nodes().map((node) => [node.address, figure(node)]));
  instruments.gauge(
    "node_link_up",
    "1 where the subscriber connection to a Redis node is ready",
    nodes(({ state: link }) => Number(link === "ready")),
    { label: "node", together: "min" },
  );
  instruments.gauge(
    "node_slots",
    "Hash slots of a Redis node",
    nodes(({ slots }) => slots),
    { label: "node", together: "first" },
  );
}

function probeLibraries(instruments: Instruments, state: StateProbe): void {
  instruments.gauge(
    "libraries",
    "Trigger libraries, by whether they run, counted once per worker",
    () => {
      const broken = state.libraries().filter(({ isBroken }) => isBroken).length;
      return { runs: state.libraries().length - broken, broken };
    },
    { label: "state" },
  );
  instruments.gauge(
    "trigger_queue",
    "Events that wait or are under way, by library",
    () => {
      const told = state.libraries().slice(0, MOST_LIBRARIES);
      return Object.fromEntries(told.map(({ name, pending }) => [name, pending]));
    },
    { label: "library" },
  );
}
