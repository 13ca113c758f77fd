import { connect } from "@keywire/client";
import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { Auth } from "./session/auth.js";
import { type Fragment, parseFragment } from "./session/fragment.js";
import { forgetChannels, keepChannels, loadChannels } from "./session/kept-channels.js";
import { suggestChannels } from "./session/suggest.js";
import { tokenFault } from "./session/token.js";
import { GatewayLink } from "./stream/gateway-link.js";
import { Stream } from "./stream/stream.js";
import { Painter } from "./ui/painter.js";

/** Where the gateway's WebSocket is, beside the page itself. */
const SOCKET_PATH = "v1/ws";

/** Wires the page together: signed in there is a connection that feeds the stream, else there is none. */
export class Dashboard {
  readonly auth = new Auth(sessionStorage);
  readonly stream = new Stream(new Painter());
  readonly #link = signal<GatewayLink | null>(null);
  /** Whose events the stream holds. */
  #user: string | null = null;
  /** Channels that the address asks for. */
  #asked: readonly string[] = [];

  /** The present connection; null while nobody is signed in. */
  get link(): ReadonlySignal<GatewayLink | null> {
    return this.#link;
  }

  /** Begins, with what the address brought; another token may come with a later address. */
  start(): void {
    this.#takeAddress();
    window.addEventListener("hashchange", () => this.#takeAddress());
    effect(() => {
      const state = this.auth.state.value;
      untracked(() => (state.kind === "in" ? this.#open(state.token) : this.#close()));
    });
    effect(() => {
      const names = this.stream.channels.value.map(({ name }) => name);
      if (this.#link.peek() !== null) keepChannels(sessionStorage, names);
    });
  }

  /** Tries again after the client gave up. */
  reconnect(): void {
    const state = this.auth.state.value;
    if (state.kind === "in") this.#open(state.token);
  }

  /** What the reader asked for: nothing of the session stays behind. */
  signOut(): void {
    this.auth.signOut();
    this.#forget();
  }

  #takeAddress(): void {
    const { token, channels } = takeFragment(window);
    this.#asked = channels;
    if (token !== null) this.auth.signIn(token);
    if (this.#link.value !== null) this.#watchAsked();
  }

  #watchAsked(): void {
    for (const name of this.#asked) this.stream.watch(name);
    this.#asked = [];
  }

  #open(token: string): void {
    this.#close();
    this.#prepareStream();
    const url = new URL(SOCKET_PATH, document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const wire = connect(url.href, { token: () => this.#stillGood(token) });
    this.#link.value = new GatewayLink(wire, this.stream, (reason) => this.auth.signOut(reason));
  }

  /** Asked for before each connection: one that expired meanwhile need not be refused first. */
  #stillGood(token: string): string {
    const fault = tokenFault(token, Date.now());
    if (fault === null) return token;
    this.auth.signOut(fault);
    throw new Error(fault);
  }

  #close(): void {
    this.#link.value?.close();
    this.#link.value = null;
  }

  #forget(): void {
    this.stream.reset();
    forgetChannels(sessionStorage);
  }

  /** One reader's events are not shown to the next, and a first visit shows something at once. */
  #prepareStream(): void {
    const state = this.auth.state.value;
    const claims = state.kind === "in" ? state.claims : null;
    const user = claims?.user ?? null;
    if (this.#user !== null && user !== this.#user) this.#forget();
    this.#user = user;
    this.#watchAsked();
    if (this.stream.channels.value.length > 0) return;
    const names = loadChannels(sessionStorage) ?? suggestChannels(claims).slice(0, 1);
    for (const name of names) this.stream.watch(name);
  }
}

/** Takes a token out of the address, where it would be seen, copied and kept in the history. */
function takeFragment({ location, history }: Window): Fragment {
  const fragment = parseFragment(location.hash);
  if (fragment.token !== null) {
    history.replaceState(null, "", `${location.pathname}${location.search}`);
  }
  return fragment;
}
