import type { Redis } from "ioredis";
import { spellOut } from "../../config.js";
import { type Answer, ask, connect, type Patient, redisCli } from "./patient.js";
import { type Finding, fail, ok, warn } from "./report.js";
import { OWN_KEY, type Right, rightsOn } from "./rights-needed.js";

const WHAT = "rights";

export interface RightsReport {
  readonly findings: readonly Finding[];
  /** Whether a key of the gateway's own can be written and listened to. */
  readonly testable: boolean;
}

/**
 * What the user may do of what the gateway does.
 *
 * @param forwards whether there is to be an AMQP forwarder
 */
export async function examineRights(patient: Patient, forwards: boolean): Promise<RightsReport> {
  const lacks = new Lacks(patient);
  const rights = rightsOn(patient, forwards);
  for (const right of rights.filter(({ how }) => how !== "queued")) {
    lacks.note(right, await attempt(patient, right));
  }
  const queued = rights.filter(({ how }) => how === "queued");
  await withOther(patient, (other) => examineQueued(other, queued, lacks));
  const writing = await ask(patient.control, "SET", OWN_KEY, "1", "XX");
  return lacks.report(writing.kind !== "denied");
}

function attempt(patient: Patient, { words: [name, ...args], how }: Right): Promise<Answer> {
  if (how === "once") return ask(patient.control, name, ...args);
  // A connection that subscribes may do nothing else. ioredis knows it by its name in small letters.
  return withOther(patient, (other) => ask(other, name.toLowerCase(), ...args));
}

/**
 * Redis looks at the rights when the commands of a transaction are queued. None of these is ever run:
 * the connection ends without EXEC.
 */
async function examineQueued(
  connection: Redis,
  rights: readonly Right[],
  lacks: Lacks,
): Promise<void> {
  const begun = await ask(connection, "MULTI");
  lacks.note({ rule: "+multi", words: ["MULTI"], how: "once" }, begun);
  if (begun.kind !== "answer") return;
  for (const right of rights) lacks.note(right, await ask(connection, ...right.words));
}

/** A connection of its own, for as long as it is used. */
async function withOther<T>(
  { target, endpoint }: Patient,
  use: (connection: Redis) => Promise<T>,
): Promise<T> {
  const connection = await connect(target, endpoint);
  try {
    return await use(connection);
  } finally {
    connection.disconnect();
  }
}

/** What was found lacking, and how it is told. */
class Lacks {
  readonly #patient: Patient;
  readonly #user: string;
  /** By rule: some are needed for several things, of which the first one is told. */
  readonly #denied = new Map<string, Right>();
  readonly #absent = new Set<string>();
  /** Rules for the channels and keys that are out of reach, and their names. */
  readonly #scopes = new Map<string, string>();

  constructor(patient: Patient) {
    this.#patient = patient;
    this.#user = patient.target.username ?? "default";
  }

  note(right: Right, answer: Answer): void {
    if (answer.kind === "absent") this.#absent.add(right.words[0]);
    if (answer.kind !== "denied") return;
    if (/channel/i.test(answer.message)) this.#scopes.set("allchannels", "all pub/sub channels");
    else if (/\bkeys?\b/i.test(answer.message))
      this.#scopes.set("~{keywire}:*", "the keys {keywire}:*");
    else if (!this.#denied.has(right.rule)) this.#denied.set(right.rule, right);
  }

  report(mayWrite: boolean): RightsReport {
    const denied = [...this.#denied.values()];
    const grave = denied.filter(({ without }) => without === undefined);
    const testable = mayWrite && grave.length + this.#scopes.size === 0;
    const findings = [...this.#grave(grave), ...this.#light(denied), ...this.#missingCommands()];
    if (findings.length > 0) return { findings, testable };
    return { findings: [ok(WHAT, "the user may do all that the gateway does")], testable };
  }

  #grave(rights: readonly Right[]): Finding[] {
    const names = [...rights.map(nameOf), ...this.#scopes.values()];
    if (names.length === 0) return [];
    const rules = [...rights.map((right) => right.rule), ...this.#scopes.keys()];
    return [
      fail(WHAT, `the user ${this.#user} lacks ${spellOut(names, "and")}`, this.#grant(rules)),
    ];
  }

  /** One finding for each thing that cannot be had. */
  #light(denied: readonly Right[]): Finding[] {
    const losses = new Set(denied.flatMap(({ without }) => without ?? []));
    return [...losses].map((loss) => {
      const rights = denied.filter(({ without }) => without === loss);
      const names = spellOut(rights.map(nameOf), "and");
      const rules = rights.map(({ rule }) => rule);
      return warn(WHAT, `the user ${this.#user} lacks ${names}: ${loss}`, this.#grant(rules));
    });
  }

  #missingCommands(): Finding[] {
    return [...this.#absent].map((name) =>
      warn(WHAT, `the server has no ${name}: it was renamed or disabled`),
    );
  }

  #grant(rules: readonly string[]): string {
    const quoted = rules.map((rule) => (/^[+\w]+$/.test(rule) ? rule : `'${rule}'`));
    return redisCli(this.#patient, `ACL SETUSER ${this.#user} ${quoted.join(" ")}`);
  }
}

function nameOf({ rule }: Right): string {
  return rule.slice(1).replace("|", " ").toUpperCase();
}
