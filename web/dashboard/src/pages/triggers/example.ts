import type { Draft } from "./desk.js";

/** A first library: it can be loaded as it stands, and shows both what runs by itself and what is called. */
export const EXAMPLE: Draft = {
  source: `#!js api_version=1.0 name=example
// Runs whenever a hash changes whose key begins with "user:".
redis.registerKeySpaceTrigger("stamp", "user:", (client, data) => {
  client.call("hset", data.key, "__last_updated__", client.call("time")[0]);
}, { description: "notes when a user was changed", events: ["hset", "hincrby"] });

// Is called: from this page, over HTTP, with \`keywire libraries call\`.
redis.registerFunction("updated", (client, key) => {
  return client.call("hget", key, "__last_updated__");
}, { description: "tells when a user was changed", flags: ["no-writes"] });
`,
  configuration: "{}",
};

/** The name in a library's first line; null where there is none yet. */
export function nameIn(source: string): string | null {
  const [prologue = ""] = source.split("\n", 1);
  return /^#!\S.*\bname=(\w+)/.exec(prologue)?.[1] ?? null;
}

/** The example under a name that is not taken. */
export function freshExample(taken: ReadonlySet<string>): Draft {
  let name = "example";
  for (let number = 2; taken.has(name); number++) name = `example${number}`;
  return { ...EXAMPLE, source: EXAMPLE.source.replace("name=example", `name=${name}`) };
}
