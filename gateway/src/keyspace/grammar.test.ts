import { exactGlob } from "@keywire/shared";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOfKey, keyFeed } from "./feed.js";
import { channelName, type Family, keyEvent, parseNotification } from "./grammar.js";

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc.string({ unit: "binary-ascii", maxLength: 20 }).map((text) => Buffer.from(text)),
  fc.stringMatching(/^[a-z:"\\]{0,20}$/).map((text) => Buffer.from(text)),
);
/** What a message says of a key. */
const saidOf = (key: Buffer) => {
  const [latin1, json] = [key.toString("latin1"), JSON.stringify(key.toString())];
  return { key, latin1, isPlain: json === `"${latin1}"` && /^[ -~]*$/.test(latin1) };
};
const event = fc.stringMatching(/^[a-z_]{1,12}$/);
const db = fc.nat({ max: 20 });
const sized = (part: Buffer) => Buffer.concat([Buffer.from(`${part.length}:`), part]);
const list = (fields: Buffer[]) =>
  Buffer.concat(
    fields.flatMap((field, at) => (at ? [Buffer.from(","), sized(field)] : sized(field))),
  );
const parse = (family: Family, database: number, rest: Buffer, payload: Buffer) =>
  parseNotification(channelName(family, database, rest), payload);

describe("parseNotification", () => {
  it("reads keyspace and keyevent messages whatever bytes the key holds", () => {
    fc.assert(
      fc.property(db, bytes, event, (database, key, name) => {
        const said = { db: database, ...saidOf(key), event: name };
        expect(parse("keyspace", database, key, Buffer.from(name))).toEqual({
          family: "keyspace",
          ...said,
        });
        const feed = keyFeed(exactGlob(key), 0, database);
        expect(feed.channel).toEqual(channelName("keyspace", database, key));
        expect(isOfKey(feed) && keyEvent(feed, name)).toEqual({
          family: "keyspace",
          ...said,
        });
        expect(parse("keyevent", database, Buffer.from(name), key)).toEqual({
          family: "keyevent",
          ...said,
        });
      }),
    );
  });

  it.each(["a:b", "x@0__:y", "__keyspace@0__:z", "__:", "a|b", "line\nbreak", ""])(
    "takes the key %j verbatim",
    (key) => {
      const parsed = parse("keyspace", 3, Buffer.from(key), Buffer.from("set"));
      expect(parsed?.key.toString()).toBe(key);
      expect(parsed?.db).toBe(3);
    },
  );

  it("reads the fields of the subkey families by their byte lengths", () => {
    const fields = fc.array(bytes, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(bytes, event, fields, (key, name, changed) => {
        const payload = Buffer.concat([Buffer.from(`${name}|`), list(changed)]);
        const said = { db: 0, ...saidOf(key), event: name, fields: changed };
        expect(parse("subkeyspace", 0, key, payload)).toEqual({ family: "subkeyspace", ...said });
        const keyed = Buffer.concat([sized(key), Buffer.from("|"), list(changed)]);
        expect(parse("subkeyevent", 0, Buffer.from(name), keyed)).toEqual({
          family: "subkeyevent",
          ...said,
        });
        const rest = Buffer.concat([Buffer.from(`${name}|`), key]);
        expect(parse("subkeyspaceevent", 0, rest, list(changed))).toEqual({
          family: "subkeyspaceevent",
          ...said,
        });
      }),
    );
  });

  it("splits an item message at the first newline, which its key cannot hold", () => {
    const rest = Buffer.from("hash\nfield\nwith newline");
    expect(parse("subkeyspaceitem", 0, rest, Buffer.from("hset"))).toEqual({
      family: "subkeyspaceitem",
      db: 0,
      ...saidOf(Buffer.from("hash")),
      event: "hset",
      fields: [Buffer.from("field\nwith newline")],
    });
  });

  it.each([
    "__keyspace@__:a",
    "__keyspace@x__:a",
    "__keyspace@0_:a",
    "__keyspace@0__a",
    "keyspace@0__:a",
    "__other@0__:a",
    "@",
    "",
  ])("refuses %j", (channel) => {
    expect(parseNotification(Buffer.from(channel), Buffer.from("set"))).toBeUndefined();
  });

  it.each(["hset", "hset|", "hset|2:f", "hset|x:f", "hset|1:f,", "hset|1:fg", "hset|-1:f"])(
    "refuses the subkey payload %j",
    (payload) => {
      expect(parse("subkeyspace", 0, Buffer.from("k"), Buffer.from(payload))).toBeUndefined();
    },
  );

  it("never throws, whatever arrives", () => {
    const family = fc.constantFrom<Family>("subkeyspace", "subkeyevent", "subkeyspaceevent");
    fc.assert(
      fc.property(family, bytes, bytes, (name, rest, payload) => {
        parse(name, 0, rest, payload);
        parseNotification(rest, payload);
      }),
    );
  });
});
