import { spellOut } from "../../config.js";
import { type Answer, ask, connect, type Patient, redisCli } from "./patient.js";
import { type Finding, fail, ok, warn } from "./report.js";

/** Something the gateway does on a node, tried without an effect. */
interface Right {
  /** As `ACL SETUSER` grants it. */
  readonly rule: string;
  readonly command: string;
  /** What cannot be had without it, where the gateway serves all the same. */
  readonly without?: string;
  try(patient: Patient): Promise<Answer>;
}

const WHAT = "rights";
const OWN_KEY = "{keywire}:doctor";
const SAMPLE = `__keyspace@0__:${OWN_KEY}`;

function command(rule: string, ...words: readonly [string, ...string[]]): Right {
  const [name, ...args] = words;
  const shown = rule.slice(1).replace("|", " ").toUpperCase();
  return { rule, command: shown, try: ({ control }) => ask(control, name, ...args) };
}

function subscription(name: "subscribe" | "psubscribe", channel: string): Right {
  return {
    rule: `+${name}`,
    command: name.toUpperCase(),
    // A connection that subscribes may do nothing else, so it gets one of its own.
    async try({ target, endpoint }) {
      const subscriber = await connect(target, endpoint);
      try {
        return await ask(subscriber, name, channel);
      } finally {
        subscriber.disconnect();
      }
    },
  };
}

function rightsOn({ target }: Patient): Right[] {
  return [
    command("+ping", "PING"),
    subscription("subscribe", SAMPLE),
    subscription("psubscribe", `${SAMPLE}:*`),
    target.kind === "cluster"
      ? command("+cluster|nodes", "CLUSTER", "NODES")
      : command("+role", "ROLE"),
    {
      ...command("+config|get", "CONFIG", "GET", "notify-keyspace-events"),
      without: "whether notifications are on has to be found out by a test",
    },
    {
      // No server knows the parameter, so it is refused: but only after the right was looked at.
      ...command("+config|set", "CONFIG", "SET", "keywire-doctor", ""),
      without: "notification flags that are missing cannot be added",
    },
    {
      ...command("+client|tracking", "CLIENT", "TRACKING", "OFF"),
      without: "a FLUSHALL cannot be told",
    },
    ...(target.kind === "cluster"
      ? []
      : [{ ...command("+info", "INFO", "commandstats"), without: "a SWAPDB cannot be told" }]),
    {
      ...command("+eval", "EVAL", "return 1", "0"),
      without: "neither libraries nor the AMQP forwarder can run",
    },
    // Revocations: no member is in a set that is not there, so none of these does anything.
    command("+zrangebyscore", "ZRANGEBYSCORE", OWN_KEY, "0", "0"),
    command("+zadd", "ZADD", OWN_KEY, "XX", "0", "none"),
    command("+zremrangebyscore", "ZREMRANGEBYSCORE", OWN_KEY, "0", "0"),
    command("+publish", "PUBLISH", OWN_KEY, "doctor"),
  ];
}

export interface RightsReport {
  readonly findings: readonly Finding[];
  /** Whether a key of the gateway's own can be written and listened to. */
  readonly testable: boolean;
}

/** What the user may do of what the gateway does. */
export async function examineRights(patient: Patient): Promise<RightsReport> {
  const lacks = new Lacks(patient);
  for (const right of rightsOn(patient)) lacks.note(right, await right.try(patient));
  const writing = await ask(patient.control, "SET", OWN_KEY, "1", "XX");
  return lacks.report(writing.kind !== "denied");
}

/** What was found lacking, and how it is told. */
class Lacks {
  readonly #patient: Patient;
  readonly #user: string;
  readonly #denied: Right[] = [];
  readonly #absent = new Set<string>();
  /** Rules for the channels and keys that are out of reach, and their names. */
  readonly #scopes = new Map<string, string>();

  constructor(patient: Patient) {
    this.#patient = patient;
    this.#user = patient.target.username ?? "default";
  }

  note(right: Right, answer: Answer): void {
    if (answer.kind === "absent") this.#absent.add(right.command.split(" ")[0] ?? "");
    if (answer.kind !== "denied") return;
    if (/channel/i.test(answer.message)) this.#scopes.set("allchannels", "all pub/sub channels");
    else if (/\bkeys?\b/i.test(answer.message))
      this.#scopes.set("~{keywire}:*", "the keys {keywire}:*");
    else this.#denied.push(right);
  }

  report(mayWrite: boolean): RightsReport {
    const grave = this.#denied.filter(({ without }) => without === undefined);
    const testable = mayWrite && grave.length + this.#scopes.size === 0;
    const findings = [...this.#grave(grave), ...this.#light(), ...this.#missingCommands()];
    if (findings.length > 0) return { findings, testable };
    return { findings: [ok(WHAT, "the user may do all that the gateway does")], testable };
  }

  #grave(rights: readonly Right[]): Finding[] {
    const names = [...rights.map((right) => right.command), ...this.#scopes.values()];
    if (names.length === 0) return [];
    const rules = [...rights.map((right) => right.rule), ...this.#scopes.keys()];
    return [
      fail(WHAT, `the user ${this.#user} lacks ${spellOut(names, "and")}`, this.#grant(rules)),
    ];
  }

  #light(): Finding[] {
    return this.#denied.flatMap(({ command: name, rule, without }) =>
      without === undefined
        ? []
        : [warn(WHAT, `the user ${this.#user} lacks ${name}: ${without}`, this.#grant([rule]))],
    );
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
