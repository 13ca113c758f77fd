import type { Redis } from "ioredis";
import { connectCommands } from "../keyspace/index.js";
import { encodeBegin, encodeEnd, MARKS_CHANNEL } from "../keyspace/marks.js";
import type { RedisTarget } from "../keyspace/target.js";
import type { Commands } from "../triggers/index.js";

/** A stand-in until the commander is there. */
export function plainCommands(target: RedisTarget): Commands {
  const redis = connectCommands(target) as Redis;
  redis.on("error", () => {});
  return {
    async execute(args, { origin }) {
      try {
        const [name = Buffer.from(""), ...rest] = args.map((arg) => Buffer.from(arg));
        const results = await redis
          .multi()
          .publish(MARKS_CHANNEL, encodeBegin(undefined, origin))
          .callBuffer(name.toString(), ...rest)
          .publish(MARKS_CHANNEL, encodeEnd(undefined))
          .exec();
        const [error, reply] = results?.[1] ?? [new Error("lost"), null];
        return error ? Buffer.from(`-${error.message}\r\n`) : encode(reply);
      } catch (error) {
        return Buffer.from(`-${String(error)}\r\n`);
      }
    },
    nodes: async () => ["*"],
    nodeOf: async () => "*",
  };
}

function encode(reply: unknown): Buffer {
  if (reply === null || reply === undefined) return Buffer.from("_\r\n");
  if (typeof reply === "number") return Buffer.from(`:${reply}\r\n`);
  if (typeof reply === "string") return Buffer.from(`+${reply}\r\n`);
  if (Buffer.isBuffer(reply)) {
    return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from("\r\n")]);
  }
  if (Array.isArray(reply)) {
    return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(encode)]);
  }
  const entries = Object.entries(reply as object).flat();
  return Buffer.concat([
    Buffer.from(`%${entries.length / 2}\r\n`),
    ...entries.map((e) => encode(typeof e === "string" ? Buffer.from(e) : e)),
  ]);
}
