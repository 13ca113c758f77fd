/**
 * Marks: messages of the gateways' own among a node's notifications, so that they stand at an exact
 * place of its stream. Every node link subscribes their channel before anything else.
 *
 *     begin <node> <origin>       what follows was done by the origin, up to the next end
 *     end <node>                  of what began, if anything did
 *     fence <node> <id>[ <note>]  a place with a name; who publishes it may add a note
 *     mended <node> <letters>     these letters of `notify-keyspace-events` were off up to here
 *
 * A command whose events are to be known as its sender's goes out as
 * `MULTI; PUBLISH <channel> <begin>; command; PUBLISH <channel> <end>; EXEC` to the key's own node:
 * nobody else's events can come between. A cluster tells a message on all its nodes, hence `<node>`,
 * the id of the one where it was published; `*` outside clusters.
 *
 * Whoever may publish on the channel can pass events off as a library's, so it is for gateways alone.
 */

/** The channel of all marks. */
export const MARKS_CHANNEL = "{keywire}:marks";

/** What stands for the node where there is one alone. */
const ANY_NODE = "*";

export type Mark =
  | {
      readonly kind: "begin";
      /** Undefined outside clusters. */
      readonly node: string | undefined;
      /** `trigger:<library>.<consumer>` */
      readonly origin: string;
    }
  | { readonly kind: "end"; readonly node: string | undefined }
  | {
      readonly kind: "fence";
      readonly node: string | undefined;
      readonly id: string;
      /** Empty where there is none. */
      readonly note: string;
    }
  | { readonly kind: "mended"; readonly node: string | undefined; readonly letters: string };

/**
 * @param node the cluster's id of the node it is published on, undefined outside clusters
 * @param origin who does what follows: `trigger:<library>.<consumer>`
 */
export function encodeBegin(node: string | undefined, origin: string): string {
  return `begin ${node ?? ANY_NODE} ${origin}`;
}

/** @param node as of the `begin` before it */
export function encodeEnd(node: string | undefined): string {
  return `end ${node ?? ANY_NODE}`;
}

/**
 * @param id unlike every other fence's, without spaces
 * @param note anything
 */
export function encodeFence(node: string | undefined, id: string, note = ""): string {
  return `fence ${node ?? ANY_NODE} ${id}${note === "" ? "" : ` ${note}`}`;
}

/**
 * Somebody found these letters of the node's notifications switched off, and has switched them on just
 * before: whoever counted on them may have missed what they stand for.
 */
export function encodeMended(node: string | undefined, letters: string): string {
  return `mended ${node ?? ANY_NODE} ${letters}`;
}

/** Reads what came on the channel; undefined for what is no mark. */
export function parseMark(payload: Buffer): Mark | undefined {
  const [kind, name, rest] = cut(payload.toString());
  if (name === "") return undefined;
  const node = name === ANY_NODE ? undefined : name;
  switch (kind) {
    case "begin":
      return rest === "" ? undefined : { kind, node, origin: rest };
    case "end":
      return rest === "" ? { kind, node } : undefined;
    case "fence": {
      const space = rest.indexOf(" ");
      const id = space < 0 ? rest : rest.slice(0, space);
      if (id === "") return undefined;
      return { kind, node, id, note: space < 0 ? "" : rest.slice(space + 1) };
    }
    case "mended":
      return rest === "" ? undefined : { kind, node, letters: rest };
    default:
      return undefined;
  }
}

/** The first two words, and what stands behind them. */
function cut(text: string): [first: string, second: string, rest: string] {
  const first = text.indexOf(" ");
  if (first < 0) return [text, "", ""];
  const second = text.indexOf(" ", first + 1);
  if (second < 0) return [text.slice(0, first), text.slice(first + 1), ""];
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}
