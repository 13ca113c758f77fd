import { type ReadonlySignal, signal } from "@preact/signals";
import { type Claims, readClaims, tokenFault } from "./token.js";

/** Where the token outlives a reload: of this tab alone, gone with it. */
const STORAGE_KEY = "keywire.token";

export type AuthState =
  | { readonly kind: "out"; readonly reason: string | null }
  | { readonly kind: "in"; readonly token: string; readonly claims: Claims | null };

/** Who is signed in. Whether the token is any good is for the gateway to say. */
export class Auth {
  readonly #storage: Storage;
  readonly #now: () => number;
  readonly #state = signal<AuthState>({ kind: "out", reason: null });

  constructor(storage: Storage, now: () => number = Date.now) {
    this.#storage = storage;
    this.#now = now;
    const kept = storage.getItem(STORAGE_KEY);
    if (kept !== null) this.signIn(kept);
  }

  get state(): ReadonlySignal<AuthState> {
    return this.#state;
  }

  /** Takes a token, unless a look at it shows that it cannot work; then the reason is told. */
  signIn(pasted: string): void {
    const token = pasted.trim();
    const reason = tokenFault(token, this.#now());
    if (reason !== null) {
      this.signOut(reason);
      return;
    }
    this.#storage.setItem(STORAGE_KEY, token);
    this.#state.value = { kind: "in", token, claims: readClaims(token) };
  }

  /** Forgets the token. @param reason what the sign-in form says, where nobody asked for it */
  signOut(reason: string | null = null): void {
    this.#storage.removeItem(STORAGE_KEY);
    this.#state.value = { kind: "out", reason };
  }
}
