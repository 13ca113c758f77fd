import type { Interest, Timer } from "@keywire/shared";
import { Backlog } from "./backlog.js";
import { HandOut } from "./hand-out.js";
import { Interests } from "./interests.js";
import { parseNote } from "./note.js";
import { Part } from "./part.js";
import { Places } from "./places.js";
import {
  type Event,
  type Fence,
  type LeasePorts,
  type LeaseSettings,
  type LeaseStatus,
  PARTS,
  type Worker,
} from "./ports.js";
import { Sayings } from "./sayings.js";
import { Tenure } from "./tenure.js";
import { Unheard } from "./unheard.js";

/** Keys under it are the gateways' own, and nobody's business. */
const OWN_KEYS = Buffer.from("{keywire}:");

/**
 * One kind of work that many gateways share. Each event is handed to one gateway's worker: that of
 * the gateway that holds the lease of the event's part.
 *
 * Every gateway keeps the events of the parts that it does not hold, until the holder has said that
 * they are done. So what a gateway had in hand when it ended without a word is handed out by the one
 * that takes over: once more, where it was done and not said yet.
 *
 * A part goes from one living gateway to another at fences in the nodes' streams that both see: what
 * stands before is the one's, what stands behind the other's, and nothing is handed out twice.
 */
export class LeaseGroup<E extends Event = Event> {
  readonly #name: string;
  readonly #ports: LeasePorts<E>;
  readonly #worker: Worker<E>;
  readonly #parts: readonly Part[];
  readonly #places = new Map<string, Places>();
  readonly #backlog: Backlog<E>;
  readonly #handOut: HandOut<E>;
  readonly #interests: Interests<E>;
  readonly #unheard = new Unheard();
  readonly #sayings: Sayings<E>;
  readonly #tenure: Tenure<E>;
  #state: "idle" | "sharing" | "leaving" | "stopped" = "idle";
  #stopListening: (() => void) | undefined;
  #newestPlaces: Places | undefined;

  constructor(
    name: string,
    ports: LeasePorts<E>,
    { ttl, backlogEntries, backlogBytes }: LeaseSettings,
    worker: Worker<E>,
  ) {
    this.#name = name;
    this.#ports = ports;
    this.#worker = worker;
    this.#parts = Array.from({ length: PARTS }, (_, no) => new Part(no));
    this.#backlog = new Backlog(PARTS, { entries: backlogEntries, bytes: backlogBytes });
    const { clock, report } = ports;
    this.#handOut = new HandOut(this.#backlog, {
      worker,
      clock,
      report,
      isValid: () => this.#tenure.isValid(),
      settled: (part) => this.#tenure.settled(part),
    });
    const shared = {
      name,
      ports,
      parts: this.#parts,
      backlog: this.#backlog,
      places: this.#places,
    };
    this.#sayings = new Sayings(shared, this.#unheard, () => this.#tenure.hasCompany);
    this.#tenure = new Tenure(shared, {
      ttl,
      unheard: this.#unheard,
      handOut: this.#handOut,
      sayings: this.#sayings,
      worker,
    });
    this.#interests = new Interests(ports.source, {
      notification: (event) => this.#receive(event),
      gap: ({ from, to }) => this.#gap(from, to),
    });
  }

  /** Begins to listen; parts are taken when interests have been set for the first time. */
  start(): void {
    this.#stopListening ??= this.#ports.fences.listen({
      raised: (fence) => this.#raised(fence),
      passed: (fence) => this.#passed(fence),
    });
  }

  /**
   * What the worker is to be fed from now on, in place of what it was fed before. An event that
   * several are about is handed out once.
   *
   * @throws WireError where the source does not serve one of them; then nothing changes
   */
  async setInterests(interests: readonly Interest[]): Promise<void> {
    if (this.#isOver()) throw new Error(`the lease group ${this.#name} is stopped`);
    this.start();
    const isMore = await this.#interests.replace(interests);
    if (this.#isOver()) return;
    if (isMore || this.#state === "idle") this.#unheard.listening(this.#ports.clock.now());
    if (this.#state !== "idle") return;
    this.#state = "sharing";
    this.#tenure.start();
  }

  /**
   * Hands all parts over to the other gateways.
   *
   * @param within how long the worker may take to finish what it has, ms; what it has not finished by
   *   then is handed out again elsewhere
   */
  async stop(within: number): Promise<void> {
    if (this.#isOver()) return;
    const wasSharing = this.#state === "sharing";
    this.#state = "leaving";
    if (wasSharing) await this.#leave(within);
    this.#state = "stopped";
    this.#stopListening?.();
    this.#tenure.close();
    this.#sayings.close();
    this.#handOut.close();
    await this.#interests.replace([]);
    this.#ports.store.close();
  }

  status(): LeaseStatus {
    const { problem, gateways } = this.#tenure;
    const held = this.#parts.filter(({ state }) => state !== "standby");
    const isLapsed = this.#state === "sharing" && held.length > 0 && !this.#tenure.isValid();
    return {
      name: this.#name,
      gateway: this.#ports.gatewayId,
      state: isLapsed ? "lapsed" : this.#state,
      gateways,
      parts: held.map(({ no }) => no),
      backlog: {
        entries: this.#backlog.entries,
        bytes: this.#backlog.bytes,
        underWay: this.#backlog.underWay,
      },
      ...(problem === undefined ? {} : { problem }),
    };
  }

  async #leave(within: number): Promise<void> {
    const timers: Timer[] = [];
    const late = new Promise<void>((resolve) => {
      timers.push(this.#ports.clock.after(within, resolve));
    });
    await Promise.race([this.#tenure.leave(), late]);
    for (const timer of timers) timer.cancel();
    await this.#tenure.abandon();
  }

  #isOver(): boolean {
    return this.#state === "leaving" || this.#state === "stopped";
  }

  // What the source tells

  #receive(event: E): void {
    if (isOwn(event.key)) return;
    const places = this.#placesOf(event.node);
    if (places.newest === event) return;
    places.newest = event;
    const part = this.#parts[this.#ports.slotOf(event.key) >> 8];
    if (part === undefined) return;
    this.#handOut.receive(part, places, places.segmentOf(event.after), event);
    if (part.state !== "standby") this.#sayings.due();
  }

  #gap(from: number, to: number): void {
    if (!this.#unheard.gap(from, to)) return;
    const parts = this.#parts.filter(({ state }) => state !== "standby").map(({ no }) => no);
    if (parts.length === 0) return;
    const missed = { parts, count: null, from, to, reason: "source" } as const;
    this.#ports.report.missed(missed);
    this.#worker.missed(missed);
  }

  #raised({ node, id, kind, note }: Fence): void {
    const places = this.#placesOf(node);
    const segment = places.raise(id, kind === "raised");
    this.#tenure.raised(places, id, segment);
    if (kind === "link" || this.#sayings.isOwn(id)) return;
    const said = parseNote(this.#name, note);
    if (said === undefined) return;
    for (const { before, parts } of said.done) {
      const boundary = places.find(before);
      if (boundary === undefined) continue;
      for (const part of parts) this.#backlog.trim(part, places, boundary);
    }
    if (said.isCall) this.#tenure.soon();
  }

  #passed({ node, id }: Fence): void {
    this.#placesOf(node).pass(id);
    this.#tenure.passed(node, id);
  }

  #placesOf(node: string): Places {
    const newest = this.#newestPlaces;
    if (newest?.node === node && this.#places.get(node) === newest) return newest;
    const known = this.#places.get(node) ?? new Places(node);
    this.#places.set(node, known);
    this.#newestPlaces = known;
    return known;
  }
}

function isOwn(key: Uint8Array): boolean {
  if (key[0] !== OWN_KEYS[0] || key.length < OWN_KEYS.length) return false;
  return OWN_KEYS.every((byte, index) => key[index] === byte);
}
