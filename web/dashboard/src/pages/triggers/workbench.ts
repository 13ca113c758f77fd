import { type ReadonlySignal, signal } from "@preact/signals";
import { type AdminError, asAdminError } from "../../admin/admin-request.js";
import type { Desk, Draft } from "./desk.js";

/** What is on the workbench: a library that is loaded, or one that is yet to be. */
export type Piece = { readonly kind: "new" } | { readonly kind: "library"; readonly name: string };

/** What is said of one line of the source. */
export interface Mark {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Looks at a library, and at a line of it where something is said of one. */
export type OpenLibrary = (library: string, mark?: Mark) => void;

/** Sources as they are worked on: what was typed stays until it is loaded or thrown away. */
export class Workbench {
  readonly #desk: Desk;
  readonly #piece = signal<Piece | null>(null);
  readonly #draft = signal<Draft | null>(null);
  readonly #mark = signal<Mark | null>(null);
  readonly #fault = signal<AdminError | null>(null);
  readonly #isBusy = signal(false);
  /** What was typed and not loaded yet, by `keyOf`. */
  readonly #drafts = signal<ReadonlyMap<string, Draft>>(new Map());
  /** As the gateway keeps the library on the workbench. */
  #kept: Draft | null = null;
  #fetching: AbortController | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** null while nothing is looked at. */
  get piece(): ReadonlySignal<Piece | null> {
    return this.#piece;
  }

  /** null until the gateway has told it. */
  get draft(): ReadonlySignal<Draft | null> {
    return this.#draft;
  }

  get mark(): ReadonlySignal<Mark | null> {
    return this.#mark;
  }

  /** Why the last thing that was tried did not work. */
  get fault(): ReadonlySignal<AdminError | null> {
    return this.#fault;
  }

  get isBusy(): ReadonlySignal<boolean> {
    return this.#isBusy;
  }

  /** Whether there are changes that are not loaded. */
  isEdited(piece: Piece): boolean {
    return this.#drafts.value.has(keyOf(piece));
  }

  /** Looks at a loaded library. @param mark what is to be shown in it */
  open(name: string, mark: Mark | null = null): void {
    const piece: Piece = { kind: "library", name };
    this.#turnTo(piece, mark);
    void this.#fetch(piece, name);
  }

  /** Begins another one, with a draft unless one was begun before. */
  begin(draft: Draft): void {
    this.#turnTo({ kind: "new" }, null);
    this.#draft.value ??= draft;
  }

  close(): void {
    this.#fetching?.abort();
    this.#piece.value = null;
    this.#mark.value = null;
  }

  edit(change: Partial<Draft>): void {
    const [piece, before] = [this.#piece.value, this.#draft.value];
    if (piece === null || before === null) return;
    const draft = { ...before, ...change };
    this.#draft.value = draft;
    this.#keepDraft(piece, isSame(draft, this.#kept) ? null : draft);
    const line = this.#mark.value?.line ?? 0;
    // What was said of a line does not hold for another.
    if (lineOf(before, line) !== lineOf(draft, line)) this.#mark.value = null;
  }

  /** Back to what is loaded. */
  discard(): void {
    if (this.#kept !== null) this.edit(this.#kept);
    this.#mark.value = null;
    this.#fault.value = null;
  }

  /** @returns the name of what is loaded now, or null where it was refused: the fault says why */
  async load(replace: boolean): Promise<string | null> {
    const [piece, draft] = [this.#piece.value, this.#draft.value];
    if (piece === null || draft === null) return null;
    return this.#attempt(async () => {
      const name = await this.#desk.load(draft, replace);
      this.#keepDraft(piece, null);
      // Whoever went on to something else meanwhile is left there.
      if (keyOf(this.#piece.value) === keyOf(piece)) this.#turnToLoaded(name, draft);
      return name;
    });
  }

  /** Deletes the library that is looked at. @returns its name, or null where it was refused */
  async remove(): Promise<string | null> {
    const piece = this.#piece.value;
    if (piece?.kind !== "library") return null;
    return this.#attempt(async () => {
      await this.#desk.remove(piece.name);
      this.#keepDraft(piece, null);
      if (keyOf(this.#piece.value) === keyOf(piece)) this.close();
      return piece.name;
    });
  }

  #turnTo(piece: Piece, mark: Mark | null): void {
    const isOther = keyOf(piece) !== keyOf(this.#piece.value);
    this.#piece.value = piece;
    this.#mark.value = mark;
    this.#fault.value = null;
    if (!isOther) return;
    this.#fetching?.abort();
    this.#kept = null;
    this.#draft.value = this.#drafts.value.get(keyOf(piece)) ?? null;
  }

  #turnToLoaded(name: string, draft: Draft): void {
    this.#turnTo({ kind: "library", name }, null);
    this.#kept = draft;
    this.#draft.value = draft;
  }

  /** Each time anew: somebody else may have replaced it. */
  async #fetch(piece: Piece, name: string): Promise<void> {
    this.#fetching?.abort();
    const fetching = new AbortController();
    this.#fetching = fetching;
    const { signal } = fetching;
    try {
      const draft = await this.#desk.fetch(name, signal);
      if (signal.aborted) return;
      this.#kept = draft;
      if (!this.isEdited(piece)) this.#draft.value = draft;
    } catch (error) {
      if (!signal.aborted) this.#fault.value = asAdminError(error);
    }
  }

  /** One thing at a time. */
  async #attempt(task: () => Promise<string>): Promise<string | null> {
    if (this.#isBusy.value) return null;
    this.#isBusy.value = true;
    this.#fault.value = null;
    this.#mark.value = null;
    try {
      return await task();
    } catch (error) {
      const fault = asAdminError(error);
      this.#fault.value = fault;
      if (fault.line !== null) this.#mark.value = { line: fault.line, message: fault.message };
      return null;
    } finally {
      this.#isBusy.value = false;
    }
  }

  #keepDraft(piece: Piece, draft: Draft | null): void {
    const drafts = new Map(this.#drafts.value);
    if (draft === null) drafts.delete(keyOf(piece));
    else drafts.set(keyOf(piece), draft);
    this.#drafts.value = drafts;
  }
}

/** No library is called so. */
const NEW = "(new)";

function keyOf(piece: Piece): string;
function keyOf(piece: Piece | null): string | null;
function keyOf(piece: Piece | null): string | null {
  if (piece === null) return null;
  return piece.kind === "new" ? NEW : piece.name;
}

function isSame(one: Draft, other: Draft | null): boolean {
  return one.source === other?.source && one.configuration === other.configuration;
}

function lineOf({ source }: Draft, line: number): string | undefined {
  return source.split("\n")[line - 1];
}
