import { WireError } from "@keywire/shared";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { type Grant, GrantShelf, type GrantText, grantSchema } from "./grants.js";
import type { Claims, RoleTemplates } from "./roles.js";

/** What a token's own claim says. */
export interface Rights {
  readonly grants: readonly Grant[];
  readonly admin: boolean;
}

/** A token may hold this many grants, those of its roles among them; each is a glob to be kept. */
export const MAX_GRANTS = 1_000;
const MAX_ROLES = 100;

const rightsSchema = z.strictObject({
  grants: z.array(grantSchema).optional(),
  roles: z.array(z.string()).max(MAX_ROLES).optional(),
  admin: z.boolean().optional(),
});

/** What a token's own claim says, before its roles are filled in. */
interface Said {
  readonly rights: Rights;
  readonly roles: readonly string[];
}

/** How much of what claims say is kept, in claims and grants: far more than tokens differ by. */
const MAX_KEPT = 10_000;

/** Reads what tokens allow from the claim that says it. */
export class RightsReader {
  readonly #claim: string;
  readonly #roles: RoleTemplates;
  readonly #grants = new GrantShelf();
  /** By the claim's text. Most tokens have the same one, and zod takes three times as long for it. */
  readonly #said = new LRUCache<string, Said>({
    maxSize: MAX_KEPT,
    sizeCalculation: ({ rights }) => 1 + rights.grants.length,
  });

  constructor(claim: string, roles: RoleTemplates) {
    this.#claim = claim;
    this.#roles = roles;
  }

  /**
   * A token without the claim allows nothing; one whose claim is malformed is no token, lest a part of
   * it be left out unnoticed.
   *
   * @throws WireError `unauthorized` naming what is wrong in the claim
   */
  read(claims: Claims): Rights {
    const value = Object.hasOwn(claims, this.#claim) ? claims[this.#claim] : {};
    const { rights, roles } = this.#saidBy(value);
    if (roles.length === 0) return rights;
    const ofRoles = roles.flatMap((role) => grantsOf(role, this.#roles, claims));
    bound(rights.grants.length + ofRoles.length);
    const grants = [...rights.grants, ...ofRoles.map((grant) => this.#grants.get(grant))];
    return { grants, admin: rights.admin };
  }

  #saidBy(value: unknown): Said {
    const text = JSON.stringify(value);
    const known = this.#said.get(text);
    if (known !== undefined) return known;
    const { grants = [], roles = [], admin = false } = parse(value, this.#claim);
    bound(grants.length);
    const rights = { grants: grants.map((grant) => this.#grants.get(grant)), admin };
    const said = { rights, roles };
    this.#said.set(text, said);
    return said;
  }
}

function parse(value: unknown, claim: string): z.infer<typeof rightsSchema> {
  const parsed = rightsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${[claim, ...path].join(".")}: ${message}`,
  );
  throw new WireError("unauthorized", `the token's grants are malformed: ${faults.join("; ")}`);
}

function bound(count: number): void {
  if (count <= MAX_GRANTS) return;
  throw new WireError(
    "unauthorized",
    `the token has ${count} grants, those of its roles among them; it takes up to ${MAX_GRANTS}`,
  );
}

function grantsOf(role: string, roles: RoleTemplates, claims: Claims): GrantText[] {
  const templates = roles.get(role);
  if (templates !== undefined) return templates.map((template) => template.fill(claims));
  throw new WireError(
    "unauthorized",
    `the token names the role ${JSON.stringify(role)}, which this gateway does not know`,
  );
}
