import { RadixTree } from "@keywire/shared";

/** A trigger, as events find it. */
export interface Binding<Owner> {
  readonly owner: Owner;
  readonly trigger: string;
  /** Its place among the triggers of its library: they fire in this order. */
  readonly place: number;
  readonly prefix: Uint8Array;
  /** The events it wants, null for all. */
  readonly events: ReadonlySet<string> | null;
}

/** All triggers by the prefixes of their keys: finding those an event concerns costs the same for many and few. */
export class Bindings<Owner> {
  readonly #tree = new RadixTree<Binding<Owner>>();

  add(binding: Binding<Owner>): void {
    this.#tree.add(latin1(binding.prefix), binding);
  }

  remove(binding: Binding<Owner>): void {
    this.#tree.remove(latin1(binding.prefix), binding);
  }

  /** The triggers that fire, by owner, each owner's in the order of their registration. */
  match(key: Uint8Array, event: string): ReadonlyMap<Owner, readonly Binding<Owner>[]> | undefined {
    if (this.#tree.isEmpty) return undefined;
    let found: Map<Owner, Binding<Owner>[]> | undefined;
    this.#tree.match(latin1(key), (binding) => {
      if (binding.events !== null && !binding.events.has(event)) return;
      found ??= new Map();
      const others = found.get(binding.owner);
      if (others === undefined) found.set(binding.owner, [binding]);
      else insert(others, binding);
    });
    return found;
  }
}

function insert<Owner>(bindings: Binding<Owner>[], binding: Binding<Owner>): void {
  let at = bindings.length;
  while (at > 0 && (bindings[at - 1]?.place ?? 0) > binding.place) at--;
  bindings.splice(at, 0, binding);
}

/** One character per byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
