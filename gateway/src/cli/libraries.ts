import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { CLIENT_VARIABLES } from "../config.js";
import { visible } from "../observe/visible.js";
import { type Command, CommandError, type Context, ExitCode } from "./command.js";
import { AdminRefusal } from "./gateway/admin.js";
import { DEFAULT_URL } from "./gateway/admin-at.js";
import { commandHelp } from "./help.js";
import { excerptLines } from "./libraries/excerpt.js";
import { libraryLines } from "./libraries/lines.js";
import { type Action, type Request, readRequest } from "./libraries/request.js";
import { type Output, reasonOf } from "./output.js";

/** Prints what there is to know of each trigger. */
const DEFAULT_VERBOSITY = "1";

const TEXT = `
Manages the JavaScript libraries of triggers and functions that a running gateway, and every other
one on the same Redis, runs.

  keywire libraries load shop.js                  load a file; its first line names the library
  keywire libraries load --replace shop.js        put it in the place of the one of that name
  keywire libraries list                          all libraries, with what their triggers did
  keywire libraries list shop --withcode          one, with its source
  keywire libraries call shop total --key cart:7 EUR
  keywire libraries delete shop

A file named - is read from the standard input.
`;

export const libraries: Command = {
  help: () =>
    commandHelp("keywire libraries load|list|delete|call … [FLAGS]", TEXT, [
      {
        title: "Flags",
        rows: [
          ["--replace", "load: take the place of a library of the same name; its statistics stay."],
          ["--config JSON", "load: a JSON object, which the code sees as redis.config."],
          ["--verbosity N", `list: 0 to 3, how much is told. Default: ${DEFAULT_VERBOSITY}.`],
          ["--withcode", "list: the sources too, their lines numbered."],
          ["--key KEY", "call: a key that the function is given. May be repeated."],
          ["--db N", "call: the database. Default: the gateway's."],
          ["--async", "call: the function may take its time, as if it were registered as async."],
          ["--json", "Print what the gateway answers, as JSON."],
          [
            "--url URL",
            `The gateway, or the dashboard's address as \`keywire dev\` prints it. Default: $${CLIENT_VARIABLES.url}, else ${DEFAULT_URL}.`,
          ],
          [
            "--token TOKEN",
            `An admin's token. Default: $${CLIENT_VARIABLES.token}, which no list of processes shows, else the one in the address.`,
          ],
        ],
      },
    ]),

  async run(context: Context) {
    const request = readRequest(context);
    await ACTIONS[request.action](request, context);
    return ExitCode.Fine;
  },
};

const ACTIONS: Readonly<Record<Action, (request: Request, context: Context) => Promise<void>>> = {
  load,
  list,
  delete: remove,
  call,
};

async function load({ words, options, admin }: Request, context: Context): Promise<void> {
  const { stdout, stderr } = context;
  const [file = ""] = words;
  const source = await readSource(file);
  const query = {
    replace: options.replace ? "true" : undefined,
    config: options.config,
  };
  const answer = await admin.ask("POST", "libraries", query, source).catch((error: unknown) => {
    throw withExcerpt(error, source, stderr);
  });
  if (options.json) stdout.line(JSON.stringify(answer));
  else {
    const { name, replaced } = Object(answer) as { name?: unknown; replaced?: unknown };
    stdout.line(`${replaced === true ? "replaced" : "loaded"} ${visible(String(name))}`);
  }
}

/** The refusal of a source, with the lines that it is about. */
function withExcerpt(error: unknown, source: string, stderr: Output): unknown {
  if (!(error instanceof AdminRefusal) || error.line === undefined) return error;
  const lines = excerptLines(source, error.line, stderr);
  return new CommandError([error.message, ...lines].join("\n"), error.exitCode, { cause: error });
}

async function list({ words, options, admin }: Request, { stdout }: Context): Promise<void> {
  const [name] = words;
  const path = name === undefined ? "libraries" : `libraries/${encodeURIComponent(name)}`;
  const query = {
    verbosity: options.verbosity ?? DEFAULT_VERBOSITY,
    withcode: options.withcode ? "true" : undefined,
  };
  const answer = await admin.ask("GET", path, query);
  if (options.json) stdout.line(JSON.stringify(answer, undefined, 2));
  else if (!Array.isArray(answer) || answer.length === 0) stdout.line("no library is loaded");
  else
    for (const library of answer)
      for (const line of libraryLines(library, stdout)) stdout.line(line);
}

async function remove({ words, options, admin }: Request, { stdout }: Context): Promise<void> {
  const [name = ""] = words;
  const answer = await admin.ask("DELETE", `libraries/${encodeURIComponent(name)}`);
  stdout.line(options.json ? JSON.stringify(answer) : `deleted ${visible(name)}`);
}

async function call({ words, options, admin }: Request, { stdout }: Context): Promise<void> {
  const [name = "", functionName = "", ...args] = words;
  const path = `libraries/${encodeURIComponent(name)}/call/${encodeURIComponent(functionName)}`;
  const db = options.db === undefined ? {} : { db: Number(options.db) };
  const isAsync = options.async ? { async: true } : {};
  const body = JSON.stringify({ keys: options.key, args, ...db, ...isAsync });
  const answer = await admin.ask("POST", path, {}, body);
  const { result } = Object(answer) as { result?: unknown };
  if (options.json) stdout.line(JSON.stringify(answer));
  else
    stdout.line(
      typeof result === "string" ? visible(result) : JSON.stringify(result, undefined, 2),
    );
}

async function readSource(file: string): Promise<string> {
  try {
    return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (cause) {
    const message = `${file} cannot be read: ${reasonOf(cause)}`;
    throw new CommandError(message, ExitCode.Usage, { cause });
  }
}
