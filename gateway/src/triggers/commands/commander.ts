import { slotOf } from "@keywire/shared";
import type { CommandContext, Commands, DirectAccess } from "../engine/ports.js";
import { CommandTable, nameOf } from "./command-table.js";
import { Deployment } from "./deployment.js";
import type { Errand } from "./errand.js";
import { encode, Refusal } from "./line.js";
import { Lines } from "./lines.js";
import {
  type CommanderPorts,
  type CommanderSettings,
  DEFAULT_COMMANDER_SETTINGS,
  type Endpoint,
} from "./ports.js";
import { redirectOf } from "./redirect.js";
import { refusalOf } from "./refusal.js";
import { bytesIn, errorIn, errorReply, undecidedReply } from "./reply.js";
import { itemsOf } from "./reply-scanner.js";
import { Retries } from "./retries.js";
import { Routes } from "./routes.js";
import { outcomeOf, Transactions } from "./transaction.js";

/** How often in a row it may be sent on by one node to another before it waits a while. */
const MAX_HOPS = 5;

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
  readonly #deployment: Deployment;
  readonly #lines: Lines;
  readonly #retries: Retries;
  #state: "open" | "closed" = "open";

  constructor(ports: CommanderPorts, settings: Partial<CommanderSettings> = {}) {
    const { credentials, sharded, clock, locate } = ports;
    this.#ports = ports;
    this.#settings = { ...DEFAULT_COMMANDER_SETTINGS, ...settings };
    this.#transactions = new Transactions(ports.marks);
    this.#lines = new Lines(credentials, clock, (wasOpen) => this.#lineEnded(wasOpen));
    this.#retries = new Retries(clock);
    this.#deployment = new Deployment({
      ...{ sharded, clock, locate },
      looked: (where, isFirst) => {
        this.#lines.dismissIdle(where);
        this.#routes.looked();
        // Later looks do not: a node that refuses is tried again after a while, not at once.
        if (isFirst) this.#retries.resume();
      },
    });
    this.#routes = new Routes({
      ...{ credentials, sharded, table: this.#table, transactions: this.#transactions },
      whereabouts: () => this.#deployment.where,
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
      };
      if (info === undefined) this.#learn(errand);
      else this.#admit(errand);
    });
  }

  async nodes(): Promise<readonly string[]> {
    const { primaries } = this.#deployment.where ?? (await this.#deployment.look());
    return [...primaries.keys()];
  }

  async nodeOf(key: Uint8Array): Promise<string> {
    const where = this.#deployment.where ?? (await this.#deployment.look());
    const owner = this.#deployment.ownerOf(where, slotOf(key));
    if (owner === undefined) throw new Error("no primary owns the key's slot");
    return owner;
  }

  /** Looks again who the primaries are: call it when a topology change is known. */
  refresh(): void {
    // Where nobody has asked for anything yet, the first to do so looks.
    if (this.#deployment.where !== undefined) this.#look();
  }

  #look(): void {
    if (this.#state === "open") this.#deployment.lookAfresh().catch(() => {});
  }

  close(): void {
    this.#state = "closed";
    this.#retries.close();
    this.#lines.close();
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
    const node = this.#deployment.nodeFor(undefined);
    if (typeof node === "string") {
      this.#rest(errand, node, () => this.#ask(errand, question, answered));
      return;
    }
    this.#lines.to(node.endpoint, errand.context.db).send({
      bytes: encode([question]),
      replies: 1,
      answered: ([reply]) => answered(reply ?? errorReply("no answer")),
      failed: (error) => {
        if (error instanceof Refusal) errand.resolve(refusedReply(error));
        else this.#rest(errand, error.message, () => this.#ask(errand, question, answered));
      },
    });
  }

  // Where it goes

  #dispatch(errand: Errand): void {
    const node = this.#deployment.nodeFor(errand.slot, errand.context.node);
    if (typeof node === "string") this.#rest(errand, node);
    else this.#send(errand, node.id, node.endpoint, false);
  }

  #send(errand: Errand, id: string, endpoint: Endpoint, asking: boolean): void {
    const { words, context } = errand;
    const node = this.#ports.sharded ? id : undefined;
    const { bytes, replies } = this.#transactions.encode(words, context.origin, node, asking);
    this.#lines.to(endpoint, context.db).send({
      bytes,
      replies,
      answered: (answers) => this.#answered(errand, endpoint, answers),
      failed: (error, isSent) => this.#failed(errand, error, isSent),
    });
  }

  #lineEnded(wasOpen: boolean): void {
    // Whatever answers there next may be another version, with other modules.
    if (wasOpen) {
      this.#table.clear();
      this.#routes.changed();
    }
    this.#look();
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
    if (!asking) this.#look();
    errand.hops++;
    const id = this.#deployment.idOf(to);
    // Its marks have to name the node, so it is to be known first.
    if (id === undefined || errand.hops > MAX_HOPS) this.#rest(errand, error);
    else this.#send(errand, id, to, asking);
  }

  #failed(errand: Errand, error: Error, isSent: boolean): void {
    if (error instanceof Refusal) {
      errand.resolve(refusedReply(error));
    } else if (!isSent || errand.info?.mayRepeat) {
      this.#rest(errand, error.message);
    } else {
      errand.resolve(undecidedReply(errand.name, error.message));
    }
  }

  /** It is tried again a little later. */
  #rest(errand: Errand, trouble: string, then: () => void = () => this.#dispatch(errand)): void {
    if (this.#retries.rest(errand, trouble, then)) this.#look();
  }
}

function refusedReply({ message }: Refusal): Buffer {
  return errorReply(`Redis refuses the connection: ${message}`);
}
