import type { Reply } from "../ports.js";

/**
 * What a function answered, from the nested lists that the prelude made of it.
 *
 * @throws Error where the lists are not what the prelude makes
 */
export function parseAnswer(json: string, buffers: readonly Uint8Array[]): Reply {
  return replyOf(JSON.parse(json), buffers);
}

function replyOf(node: unknown, buffers: readonly Uint8Array[]): Reply {
  if (typeof node === "boolean" || node === null) return node;
  if (!Array.isArray(node)) throw new Error("the answer is not what the prelude makes of answers");
  const [type, value] = node as [unknown, unknown];
  switch (type) {
    case "string":
      return String(value);
    case "integer":
      return BigInt(String(value));
    case "double":
      return Number(value);
    case "undefined":
      return undefined;
    case "bytes":
      return buffers[Number(value)] ?? null;
    case "array":
      return listOf(value).map((item) => replyOf(item, buffers));
    case "set":
      return new Set(listOf(value).map((item) => replyOf(item, buffers)));
    case "map":
      return mapOf(listOf(value), buffers);
    default:
      throw new Error(`an answer holds something of the type ${String(type)}`);
  }
}

function mapOf(items: readonly unknown[], buffers: readonly Uint8Array[]): Map<string, Reply> {
  const map = new Map<string, Reply>();
  for (let i = 0; i + 1 < items.length; i += 2) {
    map.set(String(items[i]), replyOf(items[i + 1], buffers));
  }
  return map;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
