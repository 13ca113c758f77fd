/**
 * A radix tree over latin1 strings (one character per byte): values stored under prefixes, all
 * those found that a given key begins with. The cost of a look-up depends on the key's length
 * alone, not on how many prefixes are stored.
 */
export class RadixTree<T> {
  readonly #root: Branch<T> = newBranch("");

  add(prefix: string, value: T): void {
    let branch = this.#root;
    let at = 0;
    while (at < prefix.length) {
      const code = prefix.charCodeAt(at);
      const child = branch.children.get(code);
      if (child === undefined) {
        const leaf = newBranch<T>(prefix.slice(at));
        branch.children.set(code, leaf);
        branch = leaf;
        break;
      }
      const shared = commonLength(child.label, prefix, at);
      branch = shared < child.label.length ? split(branch, child, shared) : child;
      at += shared;
    }
    branch.values.add(value);
  }

  /** Removes a value; branches that lead nowhere any more go with it. */
  remove(prefix: string, value: T): void {
    const path: Branch<T>[] = [this.#root];
    let at = 0;
    let branch: Branch<T> = this.#root;
    while (at < prefix.length) {
      const child = branch.children.get(prefix.charCodeAt(at));
      if (child === undefined || !prefix.startsWith(child.label, at)) return;
      at += child.label.length;
      branch = child;
      path.push(child);
    }
    branch.values.delete(value);
    for (let depth = path.length - 1; depth > 0; depth--) tidy(path[depth - 1], path[depth]);
  }

  /** Calls `found` for every value whose prefix `key` begins with, shortest prefix first. */
  match(key: string, found: (value: T) => void): void {
    let branch = this.#root;
    let at = 0;
    for (;;) {
      for (const value of branch.values) found(value);
      if (at >= key.length) return;
      const child = branch.children.get(key.charCodeAt(at));
      if (child === undefined || !key.startsWith(child.label, at)) return;
      at += child.label.length;
      branch = child;
    }
  }

  get isEmpty(): boolean {
    return this.#root.values.size === 0 && this.#root.children.size === 0;
  }
}

interface Branch<T> {
  label: string;
  readonly values: Set<T>;
  readonly children: Map<number, Branch<T>>;
}

function newBranch<T>(label: string): Branch<T> {
  return { label, values: new Set(), children: new Map() };
}

/** How many characters of `label` stand in `text` from `at` on. */
function commonLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) {
    length++;
  }
  return length;
}

/** Puts a branch for the first `length` characters of the child's label between it and its parent. */
function split<T>(parent: Branch<T>, child: Branch<T>, length: number): Branch<T> {
  const middle = newBranch<T>(child.label.slice(0, length));
  parent.children.set(middle.label.charCodeAt(0), middle);
  child.label = child.label.slice(length);
  middle.children.set(child.label.charCodeAt(0), child);
  return middle;
}

/** Drops an empty leaf, and joins a branch without values to its only child. */
function tidy<T>(parent: Branch<T> | undefined, branch: Branch<T> | undefined): void {
  if (parent === undefined || branch === undefined || branch.values.size > 0) return;
  const code = branch.label.charCodeAt(0);
  if (branch.children.size === 0) {
    parent.children.delete(code);
  } else if (branch.children.size === 1) {
    for (const child of branch.children.values()) {
      child.label = branch.label + child.label;
      parent.children.set(code, child);
    }
  }
}
