import {
  type Config,
  type Flags,
  formatDuration,
  Misfit,
  parseDuration,
  parseFlags,
  parseGrant,
} from "../config.js";
import { visible } from "../observe/visible.js";
import { type Command, type Context, ExitCode, usageError } from "./command.js";
import { commandHelp, settingFlags } from "./help.js";
import { mintToken, type TokenGrant, type TokenRequest } from "./mint.js";
import { type Output, style } from "./output.js";
import { readSettings } from "./settings.js";

const OPTIONS = {
  sub: { type: "string" },
  grant: { type: "string", multiple: true },
  role: { type: "string", multiple: true },
  admin: { type: "boolean" },
  ttl: { type: "string" },
} as const;

const DEFAULT_SUBJECT = "keywire";
/** ms */
const DEFAULT_TTL = 3_600_000;

const TEXT = `
Makes a token, signed with the gateway's secret, and prints it. The secret, the issuer and the rest
come from the configuration that the gateway runs with: the same variables, file and flags.

  KEYWIRE_JWT_SECRET=… keywire token --sub alice --grant 'order:*'
`;

export const token: Command = {
  help: () =>
    commandHelp("keywire token (--grant … | --role … | --admin)… [FLAGS] [SETTINGS]", TEXT, [
      {
        title: "Flags",
        rows: [
          ["--sub NAME", `Whose token it is. Default: ${DEFAULT_SUBJECT}.`],
          [
            "--grant GLOB",
            'Keys that it lets one watch, as a Redis glob: "order:*". Or a grant in JSON: {"keys":"order:*","events":["set"],"db":"*","values":true}. May be repeated.',
          ],
          ["--role NAME", "A role that the gateway's setting roles defines. May be repeated."],
          ["--admin", "Opens the dashboard's and the admin API's data."],
          ["--ttl DURATION", `How long it is good for. Default: ${formatDuration(DEFAULT_TTL)}.`],
        ],
      },
      settingFlags(["jwtSecret", "jwtAlgorithms", "jwtIssuer", "jwtAudience", "jwtClaim"]),
    ]),

  async run({ argv, env, stdout, stderr }: Context) {
    const flags = parseFlags(argv, { options: OPTIONS, settings: true, positionals: false });
    const faults: string[] = [];
    const request = readRequest(flags.options, faults);
    const { config } = readSettings(env, { ...flags, faults: [...flags.faults, ...faults] }, []);
    const { jwtSecret } = config;
    if (jwtSecret === undefined) throw usageError("token", [secretMissing(config)]);
    stdout.line(await mintToken(request, { ...config, jwtSecret }));
    if (stderr.isTerminal) describe(request, stderr);
    return ExitCode.Fine;
  },
};

function readRequest(options: Flags<typeof OPTIONS>["options"], faults: string[]): TokenRequest {
  const ttl = options.ttl === undefined ? DEFAULT_TTL : parseDuration(options.ttl);
  if (ttl === undefined || ttl < 1_000) {
    faults.push(
      `--ttl is ${JSON.stringify(options.ttl)}; it takes a duration from 1s, as in 15m or 7d`,
    );
  }
  if (options.grant.length + options.role.length === 0 && !options.admin) {
    faults.push("the token would allow nothing; give --grant 'order:*', --role NAME or --admin");
  }
  // No gateway takes a token of nobody.
  if (options.sub === "") faults.push("--sub is empty; it names whose token it is");
  return {
    subject: options.sub ?? DEFAULT_SUBJECT,
    grants: options.grant.flatMap((written) => readGrant(written, faults)),
    roles: options.role,
    admin: options.admin,
    ttl: ttl ?? DEFAULT_TTL,
  };
}

function readGrant(written: string, faults: string[]): TokenGrant[] {
  try {
    return [parseGrant(written)];
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    faults.push(
      `--grant is ${JSON.stringify(written)}: ${error.message}; it takes a glob, or a grant in JSON`,
    );
    return [];
  }
}

function secretMissing({ jwtJwksUrl, jwtPublicKey }: Config): string {
  return jwtJwksUrl === undefined && jwtPublicKey === undefined
    ? "KEYWIRE_JWT_SECRET is not set; it is what tokens are signed with"
    : "this gateway verifies tokens with public keys; whoever holds the private one makes them";
}

/** On stderr, so that `$(keywire token …)` is the token alone. */
function describe({ subject, grants, roles = [], admin, ttl }: TokenRequest, stderr: Output): void {
  const allowed = [
    ...grants.map(({ keys }) => keys),
    ...roles.map((role) => `role ${role}`),
    ...(admin ? ["admin"] : []),
  ];
  const what = `${subject}: ${allowed.join(", ")}; expires in ${formatDuration(ttl)}`;
  stderr.line(style(stderr, "dim", visible(what)));
}
