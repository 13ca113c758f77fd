import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lib/root.mjs";
import { run } from "../lib/run.mjs";

/** A program of somebody who has the packages as they are published: built, without sources. */
const PROGRAM = `
import { connect } from "@keywire/client";
import { openKeyspace, parseRedisUrl } from "@keywire/gateway/keyspace";
import { parseChannel } from "@keywire/shared";

const wire = connect("ws://127.0.0.1:8080/v1/ws", { token: async () => "token" });
const orders = wire.subscribe("prefix:order:", { events: ["set"] });
orders.on("event", (event) => console.log(event.key satisfies string | null));
const keyspace = await openKeyspace({ target: parseRedisUrl("redis://127.0.0.1:6379/0") });
await keyspace.close();
parseChannel("key:a");
`;

/** @type {Readonly<Record<string, unknown>>} */
const OPTIONS = {
  target: "es2023",
  lib: ["es2023", "dom", "dom.iterable"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
};

/** Whether the declarations that the build wrote are whole and sound, for who installs the packages. */
export async function declarationFaults() {
  // Below the root, so that the packages are found as a program of the user's would find them.
  const folder = mkdtempSync(join(ROOT, "node_modules/.keywire-consumer-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  const config = { compilerOptions: OPTIONS, files: ["program.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const code = await run(process.execPath, [compiler, "-p", folder]);
  remove();
  return code === 0 ? [] : [`exit code ${code}; see above`];
}
