import { slotOf } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { NOBODY } from "../engine/ports.js";
import { CommandTable } from "./command-table.js";
import type { Whereabouts } from "./ports.js";
import { Routes } from "./routes.js";
import { Transactions } from "./transaction.js";

const A = { host: "a", port: 1 };
const B = { host: "b", port: 2 };
const WRITER = { origin: "trigger:lib.one", access: "write" } as const;

/** What COMMAND INFO answers of one command. */
function row(name: string, flags: string[], firstKey: number, subcommands = ""): Buffer {
  const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
  const head = `${bulk(name)}:-2\r\n*${flags.length}\r\n${flags.map((flag) => `+${flag}\r\n`).join("")}`;
  const tail = `:1\r\n:1\r\n*0\r\n*0\r\n*0\r\n*${subcommands === "" ? 0 : 1}\r\n${subcommands}`;
  return Buffer.from(`*1\r\n*10\r\n${head}:${firstKey}\r\n${tail}`);
}

function routesOn({ sharded = false, tls = false } = {}) {
  const table = new CommandTable();
  table.learn("set", row("set", ["write"], 1));
  table.learn("get", row("get", ["readonly"], 1));
  table.learn("xread", row("xread", ["readonly", "movablekeys"], 0));
  table.learn("monitor", row("monitor", ["noscript"], 0));
  const info = String(row("config|get", ["admin"], 0)).replace("*1\r\n", "");
  table.learn("config", row("config", [], 0, info));
  const halves: Whereabouts = {
    primaries: new Map([
      ["id-a", A],
      ["id-b", B],
    ]),
    ownerOf: (slot) => (slot < 100 ? undefined : slot < 8_192 ? "id-a" : "id-b"),
  };
  let where: Whereabouts | undefined;
  const routes = new Routes({
    credentials: { username: "u", password: "p", tls },
    sharded,
    table,
    transactions: new Transactions({
      channel: "marks",
      begin: (node, origin) => `begin ${node} ${origin}`,
      end: (node) => `end ${node}`,
    }),
    whereabouts: () => where,
  });
  const look = (found: Whereabouts = halves) => {
    where = found;
    routes.looked();
  };
  return { routes, look, halves };
}

describe("a worker is told", () => {
  it("nothing before anybody has looked, and nothing over TLS", () => {
    const { routes } = routesOn();
    expect(routes.directory()).toBeUndefined();
    expect(routes.routeOf("set", WRITER)).toBeUndefined();
    const { routes: encrypted, look } = routesOn({ tls: true });
    look();
    expect(encrypted.directory()).toBeUndefined();
    expect(encrypted.routeOf("set", WRITER)).toBeUndefined();
  });

  it("where nodes are, how to get in, and who owns what", () => {
    const { routes, look } = routesOn({ sharded: true });
    look();
    const { owners, ...rest } = routes.directory() ?? {};
    expect(rest).toEqual({
      credentials: { username: "u", password: "p", tls: false },
      nodes: [
        { id: "id-a", ...A },
        { id: "id-b", ...B },
      ],
    });
    expect([owners?.[99], owners?.[100], owners?.[16_383]]).toEqual([NOBODY, 0, 1]);
    expect(owners?.[slotOf(Buffer.from("foo"))]).toBe(1);
  });

  it("no owners outside clusters, where all keys are in one place", () => {
    const { routes, look } = routesOn();
    look();
    expect(routes.directory()?.owners).toBeUndefined();
  });

  it("what stands around a command, node by node", () => {
    const { routes, look } = routesOn({ sharded: true });
    look();
    const route = routes.routeOf("SET", WRITER);
    expect(route).toMatchObject({ mayRepeat: false, firstKey: 1 });
    expect(route?.sides.map(({ before }) => before.includes("begin id-a trigger:lib.one"))).toEqual(
      [true, false],
    );
    expect(routes.routeOf("get", WRITER)?.mayRepeat).toBe(true);
  });

  it("outside clusters what has a transaction answered before its gateways are told of it", () => {
    const { routes, look } = routesOn();
    look();
    const [alone] = routes.routeOf("set", WRITER)?.sides ?? [];
    expect(alone?.before).toMatch(
      /^\*3\r\n\$7\r\nPUBLISH\r\n.*end undefined\r\n\*1\r\n\$5\r\nMULTI/s,
    );
    const { routes: sharded, look: lookThere } = routesOn({ sharded: true });
    lookThere();
    const [shared] = sharded.routeOf("set", WRITER)?.sides ?? [];
    expect(shared?.before.startsWith("*1\r\n$5\r\nMULTI")).toBe(true);
    expect([alone?.replies, shared?.replies]).toEqual([6, 5]);
  });

  it.each(["config", "monitor", "select", "nonsense"])("no way for %s", (name) => {
    const { routes, look } = routesOn();
    look();
    expect(routes.routeOf(name, WRITER)).toBeUndefined();
  });

  it("no way for what may write where only reading is allowed", () => {
    const { routes, look } = routesOn();
    look();
    expect(routes.routeOf("set", { ...WRITER, access: "read" })).toBeUndefined();
    expect(routes.routeOf("get", { ...WRITER, access: "read" })).toBeDefined();
  });

  it("no way in a cluster for commands whose keys only Redis finds", () => {
    for (const sharded of [true, false]) {
      const { routes, look } = routesOn({ sharded });
      look();
      expect(routes.routeOf("xread", WRITER) === undefined).toBe(sharded);
    }
  });
});

describe("changes", () => {
  it("are told when nodes or owners are others, and not when a look shows the same", () => {
    const { routes, look, halves } = routesOn({ sharded: true });
    look();
    let told = 0;
    const stop = routes.onChange(() => {
      told++;
      routes.directory();
    });
    routes.directory();
    look({ ...halves });
    expect(told).toBe(0);
    look({ ...halves, ownerOf: () => "id-a" });
    expect(told).toBe(1);
    look({ primaries: new Map([["id-a", A]]), ownerOf: () => "id-a" });
    expect(told).toBe(2);
    // Another node at the same address: marks name it.
    look({ primaries: new Map([["id-c", A]]), ownerOf: () => "id-c" });
    expect(told).toBe(3);
    expect(routes.routeOf("set", WRITER)?.sides[0]?.before).toContain("begin id-c");
    routes.changed();
    expect(told).toBe(4);
    stop();
    routes.changed();
    expect(told).toBe(4);
  });

  it("are nobody's before anybody wanted to know; that there is a way now is one", () => {
    const { routes, look } = routesOn();
    let told = 0;
    routes.onChange(() => told++);
    look();
    expect(told).toBe(0);
    const later = routesOn();
    later.routes.onChange(() => told++);
    expect(later.routes.directory()).toBeUndefined();
    later.look();
    expect(told).toBe(1);
    expect(later.routes.directory()).toBeDefined();
  });
});
