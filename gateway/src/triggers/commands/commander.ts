import { slotOf, type Timer } from "@keywire/shared";
import type { CommandContext, Commands, DirectAccess } from "../engine/ports.js";
import { type CommandInfo, CommandTable, nameOf } from "./command-table.js";
import { encode, Line, Refusal } from "./line.js";
import {
  type CommanderPorts,
  type CommanderSettings,
  DEFAULT_COMMANDER_SETTINGS,
  type Endpoint,
  type Whereabouts,
} from "./ports.js";
import { redirectOf } from "./redirect.js";
import { refusalOf } from "./refusal.js";
import { bytesIn, errorIn, errorReply, unansweredReply, undecidedReply } from "./reply.js";
import { itemsOf } from "./reply-scanner.js";
import { Routes } from "./routes.js";
import { outcomeOf, Transactions } from "./transaction.js";

/** ms before what could not be sent is tried again */
const RETRY_DELAY = 100;
/** ms from one look at the deployment to the next at the least */
const LOOK_PAUSE = 20;
/** How often in a row it may be sent on by one node to another before it waits a while. */
const MAX_HOPS = 5;

/** One command on its way, from node to node if need be, until its deadline. */
interface Errand {
  readonly words: readonly Uint8Array[];
  readonly context: CommandContext;
  readonly name: string;
  /** ms since the Unix epoch */
  readonly deadline: number;
  readonly resolve: (reply: Buffer) => void;
  info: CommandInfo | undefined;
  /** Undefined where any node will do. */
  slot: number | undefined;
  hops: number;
  /** Why it waits, and how it goes on. */
  rest: { readonly trouble: string; readonly then: () => void } | undefined;
}

/**
 * Executes libraries' commands on Redis: each to the node of its key, between marks that tell whose
 * it is, in the database that it is about.
 */
export class Commander implements Commands {
  readonly #ports: CommanderPorts;
  readonly #settings: CommanderSettings;
  readonly #table = new CommandTable();
  readonly #transactions: Transactions;
  readonly #routes: Routes;
  readonly #lines = new Map<string, Line>();
  #where: Whereabouts | undefined;
  #looking: Promise<Whereabouts> | undefined;
  #lookedAt = 0;
  #problem = "the Redis nodes have not been looked for yet";
  #state: "open" | "closed" = "open";
  #resting: Errand[] = [];
  #retry: Timer | undefined;

  constructor(ports: CommanderPorts, settings: Partial<CommanderSettings> = {}) {
    this.#ports = ports;
    this.#settings = { ...DEFAULT_COMMANDER_SETTINGS, ...settings };
    this.#transactions = new Transactions(ports.marks);
    this.#routes = new Routes({
      credentials: ports.credentials,
      sharded: ports.sharded,
      table: this.#table,
      transactions: this.#transactions,
      whereabouts: () => this.#where,
    });
  }

  /** For those who can ask nodes by themselves: what they ask is the same. */
  get direct(): DirectAccess {
    return this.#routes;
  }

  execute(words: readonly Uint8Array[], context: CommandContext): Promise<Buffer> {
    return new Promise((resolve) => {
      const deadline = this.#ports.clock.now() + this.#settings.timeout;
      const name = nameOf(words);
      const info = this.#table.find(words);
      const errand: Errand = {
        words,
        context,
        name,
        deadline,
        resolve,
        info,
        slot: undefined,
        hops: 0,
        rest: undefined,
      };
      if (info === undefined) this.#learn(errand);
      else this.#admit(errand);
    });
  }

  async nodes(): Promise<readonly string[]> {
    const { primaries } = this.#where ?? (await this.#look());
    return [...primaries.keys()];
  }

  async nodeOf(key: Uint8Array): Promise<string> {
    const where = this.#where ?? (await this.#look());
    const owner = this.#ownerOf(where, slotOf(key));
    if (owner === undefined) throw new Error("no primary owns the key's slot");
    return owner;
  }

  /** Looks again who the primaries are: call it when a topology change is known. */
  refresh(): void {
    if (this.#state === "open") this.#look().catch(() => {});
  }

  close(): void {
    this.#state = "closed";
    this.#retry?.cancel();
    for (const line of [...this.#lines.values()]) line.close();
    for (const errand of this.#resting.splice(0)) this.#giveUp(errand);
  }

  // What the command is

  /** Has Redis tell of a command that is called for the first time. */
  #learn(errand: Errand): void {
    if (errand.name === "") {
      errand.resolve(errorReply("a command begins with its name, which is empty here"));
      return;
    }
    this.#ask(errand, ["COMMAND", "INFO", errand.name], (reply) => {
      if (this.#table.learn(errand.name, reply)) errand.info = this.#table.find(errand.words);
      this.#admit(errand);
    });
  }

  #admit(errand: Errand): void {
    const { name, info, context, words } = errand;
    const refusal = refusalOf(name, info, context.access);
    if (refusal !== undefined) errand.resolve(errorReply(refusal));
    else if (!this.#ports.sharded || info === undefined) this.#dispatch(errand);
    else if (info.firstKey === 0 && info.hasMovableKeys) this.#findKeys(errand);
    else {
      const key = info.firstKey === 0 ? undefined : words[info.firstKey];
      errand.slot = key && slotOf(key);
      this.#dispatch(errand);
    }
  }

  #findKeys(errand: Errand): void {
    this.#ask(errand, ["COMMAND", "GETKEYS", ...errand.words], (reply) => {
      // Where it has none, or is called wrongly, the command itself says so.
      const [key] = errorIn(reply) === undefined ? itemsOf(reply).map(bytesIn) : [];
      errand.slot = key && slotOf(key);
      this.#dispatch(errand);
    });
  }

  /** Asks any node something about the command, which needs no marks. */
  #ask(
    errand: Errand,
    question: readonly (string | Uint8Array)[],
    answered: (reply: Buffer) => void,
  ): void {
    const node = this.#nodeFor(undefined);
    if (typeof node === "string") {
      this.#rest(errand, node, () => this.#ask(errand, question, answered));
      return;
    }
    this.#lineTo(node.endpoint, errand.context.db).send({
      bytes: encode([question]),
      replies: 1,
      answered: ([reply]) => answered(reply ?? errorReply("no answer")),
      failed: (error) => {
        if (error instanceof Refusal) errand.resolve(errorReply(error.message));
        else this.#rest(errand, error.message, () => this.#ask(errand, question, answered));
      },
    });
  }

  // Where it goes

  #dispatch(errand: Errand): void {
    const node = this.#nodeFor(errand.slot, errand.context.node);
    if (typeof node === "string") this.#rest(errand, node);
    else this.#send(errand, node.id, node.endpoint, false);
  }

  /** @returns why there is none */
  #nodeFor(
    slot: number | undefined,
    wanted?: string,
  ): { readonly id: string; readonly endpoint: Endpoint } | string {
    if (this.#where === undefined) return this.#problem;
    const { primaries } = this.#where;
    const [any] = primaries.keys();
    const id = wanted ?? (slot === undefined ? any : this.#ownerOf(this.#where, slot));
    const endpoint = primaries.get(id ?? "");
    if (id !== undefined && endpoint !== undefined) return { id, endpoint };
    return slot === undefined ? "no primary is known" : `no primary owns slot ${slot}`;
  }

  #ownerOf(where: Whereabouts, slot: number): string | undefined {
    if (this.#ports.sharded) return where.ownerOf(slot);
    const [only] = where.primaries.keys();
    return only;
  }

  #send(errand: Errand, id: string, endpoint: Endpoint, asking: boolean): void {
    const { words, context } = errand;
    const node = this.#ports.sharded ? id : undefined;
    const { bytes, replies } = this.#transactions.encode(words, context.origin, node, asking);
    this.#lineTo(endpoint, context.db).send({
      bytes,
      replies,
      answered: (answers) => this.#answered(errand, endpoint, answers),
      failed: (error, isSent) => this.#failed(errand, error, isSent),
    });
  }

  #lineTo(endpoint: Endpoint, db: number): Line {
    const id = `${endpoint.host}:${endpoint.port}/${db}`;
    const open = this.#lines.get(id);
    if (open !== undefined) return open;
    const { credentials, clock } = this.#ports;
    const line = new Line(endpoint, db, credentials, clock, (_error, wasOpen) => {
      this.#lines.delete(id);
      // Whatever answers there next may be another version, with other modules.
      if (wasOpen) {
        this.#table.clear();
        this.#routes.changed();
      }
      this.refresh();
    });
    this.#lines.set(id, line);
    return line;
  }

  // What comes back

  #answered(errand: Errand, from: Endpoint, replies: readonly Buffer[]): void {
    const outcome = outcomeOf(replies);
    if ("reply" in outcome) {
      errand.resolve(outcome.reply);
      return;
    }
    const { error } = outcome;
    const redirect = errand.context.node === undefined ? redirectOf(error, from.host) : undefined;
    if (redirect === undefined || redirect.kind === "none") {
      errand.resolve(Buffer.from(`-${error}\r\n`));
    } else if (redirect.kind === "later") {
      this.#rest(errand, error);
    } else {
      this.#hop(errand, error, redirect.to, redirect.kind === "ask");
    }
  }

  #hop(errand: Errand, error: string, to: Endpoint, asking: boolean): void {
    if (!asking) this.refresh();
    errand.hops++;
    const id = this.#idOf(to);
    // Its marks have to name the node, so it is to be known first.
    if (id === undefined || errand.hops > MAX_HOPS) this.#rest(errand, error);
    else this.#send(errand, id, to, asking);
  }

  #idOf({ host, port }: Endpoint): string | undefined {
    for (const [id, endpoint] of this.#where?.primaries ?? []) {
      if (endpoint.host === host && endpoint.port === port) return id;
    }
    return undefined;
  }

  #failed(errand: Errand, error: Error, isSent: boolean): void {
    if (error instanceof Refusal) {
      errand.resolve(errorReply(`Redis refuses the connection: ${error.message}`));
    } else if (!isSent || errand.info?.mayRepeat) {
      this.#rest(errand, error.message);
    } else {
      errand.resolve(undecidedReply(errand.name, error.message));
    }
  }

  // Trying again

  #rest(errand: Errand, trouble: string, then: () => void = () => this.#dispatch(errand)): void {
    errand.hops = 0;
    errand.rest = { trouble, then };
    if (this.#state === "closed" || this.#ports.clock.now() >= errand.deadline) {
      this.#giveUp(errand);
      return;
    }
    this.#resting.push(errand);
    this.refresh();
    this.#retry ??= this.#ports.clock.after(RETRY_DELAY, () => this.#resume());
  }

  #resume(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    for (const { rest } of this.#resting.splice(0)) rest?.then();
  }

  #giveUp({ name, rest, resolve }: Errand): void {
    resolve(unansweredReply(name, rest?.trouble ?? this.#problem));
  }

  #look(): Promise<Whereabouts> {
    this.#looking ??= this.#lookSoon().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** A storm of MOVED must not become one of looks. */
  async #lookSoon(): Promise<Whereabouts> {
    const { clock, locate } = this.#ports;
    const pause = this.#lookedAt + LOOK_PAUSE - clock.now();
    if (pause > 0) await new Promise<void>((resolve) => clock.after(pause, resolve));
    this.#lookedAt = clock.now();
    const isFirst = this.#where === undefined;
    try {
      this.#where = await locate();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
    this.#dismissIdle(this.#where);
    this.#routes.looked();
    // Later looks do not: a node that refuses is tried again after a while, not at once.
    if (isFirst) this.#resume();
    return this.#where;
  }

  #dismissIdle({ primaries }: Whereabouts): void {
    const addresses = new Set([...primaries.values()].map(({ host, port }) => `${host}:${port}`));
    for (const [id, line] of this.#lines) {
      if (!addresses.has(id.replace(/\/\d+$/, "")) && line.isIdle) line.close();
    }
  }
}
