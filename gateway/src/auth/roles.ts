import { escapeGlob, Glob, utf8Decode, utf8Encode, WireError } from "@keywire/shared";
import type { GrantText } from "./grants.js";

/** Grants by role as the configuration spells them: `user:${sub}:*`. */
export type RoleTexts = Readonly<Record<string, readonly GrantText[]>>;
/** The same, read. */
export type RoleTemplates = ReadonlyMap<string, readonly GrantTemplate[]>;
export type Claims = Readonly<Record<string, unknown>>;

const PLACEHOLDER = /\$\{([^}]*)\}/;

/**
 * Reads the configured roles.
 *
 * @throws Error naming the role and the template in which a placeholder would not stand for itself
 */
export function parseRoles(texts: RoleTexts): RoleTemplates {
  return new Map(
    Object.entries(texts).map(([role, grants]) => [
      role,
      grants.map((grant) => new GrantTemplate(role, grant)),
    ]),
  );
}

/** A grant whose `${claim}` placeholders are filled in from a token's claims. */
export class GrantTemplate {
  readonly #role: string;
  readonly #grant: GrantText;
  /** The glob's text in front of each claim, and behind the last. */
  readonly #texts: readonly string[];
  readonly #claims: readonly string[];

  constructor(role: string, grant: GrantText) {
    const parts = grant.keys.split(PLACEHOLDER);
    this.#role = role;
    this.#grant = grant;
    this.#texts = parts.filter((_, index) => index % 2 === 0);
    this.#claims = parts.filter((_, index) => index % 2 === 1);
    const fault = this.#fault();
    if (fault === undefined) return;
    throw new Error(`the role ${JSON.stringify(role)}: in ${JSON.stringify(grant.keys)} ${fault}`);
  }

  /**
   * What is filled in stands for itself, whatever characters it holds.
   *
   * @throws WireError `unauthorized` where the token lacks a claim that the template names
   */
  fill(claims: Claims): GrantText {
    const values = this.#claims.map((name) => escapeGlobText(this.#valueOf(name, claims)));
    const keys = this.#texts.map((text, index) => text + (values[index] ?? "")).join("");
    return { ...this.#grant, keys };
  }

  #valueOf(name: string, claims: Claims): string {
    const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (typeof claim === "string" && claim !== "" && !/\p{Surrogate}/u.test(claim)) return claim;
    if (Number.isSafeInteger(claim)) return String(claim);
    throw new WireError(
      "unauthorized",
      `the token's role ${JSON.stringify(this.#role)} needs its claim ${JSON.stringify(name)}, as text or an integer`,
    );
  }

  #fault(): string | undefined {
    if (this.#claims.includes("")) return "a placeholder names no claim";
    if (this.#texts.some((text) => text.includes("${"))) return "a placeholder does not end";
    // There an escape would not do: "\" and the value's own would be a pair, a class has its own rules.
    const isOpen = (text: string) => Glob.parse(utf8Encode(text)).program.isOpen;
    if (!this.#texts.slice(0, -1).some(isOpen)) return undefined;
    return "a placeholder stands inside a class or behind a backslash";
  }
}

function escapeGlobText(text: string): string {
  return utf8Decode(escapeGlob(utf8Encode(text))) ?? "";
}
