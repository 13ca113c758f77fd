import type { Timer } from "@keywire/shared";
import { encodeNote, type Note } from "./note.js";
import type { Places } from "./places.js";
import type { Event } from "./ports.js";
import type { Queue } from "./queue.js";
import type { Shared } from "./shared.js";
import type { Unheard } from "./unheard.js";

/** ms between two sayings: what was done since the last one may be repeated when this gateway ends. */
const INTERVAL = 200;
/** A cluster tells every fence on all its nodes: past so many of them they become rarer. */
const NODES_AT_FULL_PACE = 4;

/**
 * Says, in the nodes' streams, what of this gateway's parts is done, so that the others need not
 * keep it. Only while there are others, and while something is unsaid.
 */
export class Sayings<E extends Event> {
  readonly #shared: Shared<E>;
  readonly #unheard: Unheard;
  readonly #hasCompany: () => boolean;
  readonly #prefix: string;
  #count = 0;
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  /** @param hasCompany whether anybody would listen */
  constructor(shared: Shared<E>, unheard: Unheard, hasCompany: () => boolean) {
    this.#shared = shared;
    this.#unheard = unheard;
    this.#hasCompany = hasCompany;
    this.#prefix = `${shared.ports.gatewayId}.${shared.name}-`;
  }

  isOwn(fence: string): boolean {
    return fence.startsWith(this.#prefix);
  }

  /** There is something to say, or will be. */
  due(): void {
    if (this.#timer !== undefined || this.#state === "closed" || !this.#hasCompany()) return;
    const nodes = this.#shared.ports.fences.nodes().length;
    const interval = INTERVAL * Math.max(1, nodes / NODES_AT_FULL_PACE);
    this.#timer = this.#shared.ports.clock.after(interval, () => {
      this.#timer = undefined;
      if (this.#sayAll()) this.due();
    });
  }

  /**
   * Raises a fence with nothing to say of what is done.
   *
   * @returns its id, and when it stands there
   */
  raise(node: string): { readonly id: string; readonly raised: Promise<void> } {
    return this.#raise(node, { done: [], isCall: false });
  }

  /** Has the other gateways look at the leases at once. */
  call(): void {
    const node = this.#shared.ports.fences.nodes().find(({ state }) => state === "ready");
    if (node === undefined) return;
    // Without it they look a moment later.
    this.#raise(node.id, { done: [], isCall: true }).raised.catch(() => {});
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
  }

  #raise(node: string, note: Note): { readonly id: string; readonly raised: Promise<void> } {
    this.#count++;
    const id = `${this.#prefix}${this.#count}`;
    const text = encodeNote(this.#shared.name, note);
    return { id, raised: this.#shared.ports.fences.raise(node, id, text) };
  }

  /** @returns whether there is more to say later */
  #sayAll(): boolean {
    let isMore = false;
    const { clock, fences } = this.#shared.ports;
    for (const node of fences.nodes()) {
      const places = this.#shared.places.get(node.id);
      if (places === undefined) continue;
      // What was lost there is told first: until then the others had better keep it.
      if (!this.#unheard.isSound(node, clock.now())) isMore = true;
      else if (this.#say(places)) isMore = true;
    }
    return isMore;
  }

  #say(places: Places): boolean {
    const done = new Map<string, number[]>();
    const queues = this.#unsaid(places);
    const said = queues.filter(([queue, part]) => {
      const before = this.#shared.backlog.doneBefore(queue);
      if (before.no <= queue.said || !before.isShared || before.id === undefined) return false;
      queue.said = before.no;
      done.set(before.id, [...(done.get(before.id) ?? []), part]);
      return true;
    });
    const isMore = queues.some(([{ newest, said }]) => newest >= said);
    if (isMore || said.length > 0) {
      const saidOf = said.map(([queue]) => queue);
      this.#tell(places, done, saidOf);
    }
    return isMore;
  }

  /** The queues of this gateway's parts of which not all is said. */
  #unsaid(places: Places): [queue: Queue<E>, part: number][] {
    const { backlog, parts } = this.#shared;
    return parts
      .filter(({ state }) => state !== "standby")
      .flatMap(({ no }) => backlog.queues(no).map((queue): [Queue<E>, number] => [queue, no]))
      .filter(([queue]) => queue.places === places && queue.newest >= queue.said);
  }

  #tell(places: Places, done: ReadonlyMap<string, number[]>, queues: readonly Queue<E>[]): void {
    const said = [...done].map(([before, parts]) => ({ before, parts }));
    this.#raise(places.node, { done: said, isCall: false }).raised.catch(() => {
      // The link to the node is gone, which the source tells: it is said when it is back.
      for (const queue of queues) queue.said = -1;
      this.due();
    });
  }
}
