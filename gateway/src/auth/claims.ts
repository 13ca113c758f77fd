import { WireError } from "@keywire/shared";
import { z } from "zod";
import { type Grant, type GrantShelf, type GrantText, grantSchema } from "./grants.js";
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

/**
 * Reads the claim that holds a token's grants. A token without it allows nothing; one whose claim is
 * malformed is no token, lest a part of it be left out unnoticed.
 *
 * @throws WireError `unauthorized` naming what is wrong in the claim
 */
export function readRights(
  claims: Claims,
  claim: string,
  configured: RoleTemplates,
  shelf: GrantShelf,
): Rights {
  const { grants = [], roles = [], admin = false } = parseRights(claims, claim);
  const ofRoles = roles.flatMap((role) => grantsOf(role, configured, claims));
  const all = [...grants, ...ofRoles];
  if (all.length > MAX_GRANTS) {
    throw new WireError(
      "unauthorized",
      `the token has ${all.length} grants, those of its roles among them; it takes up to ${MAX_GRANTS}`,
    );
  }
  return { grants: all.map((grant) => shelf.get(grant)), admin };
}

function parseRights(claims: Claims, claim: string): z.infer<typeof rightsSchema> {
  const parsed = rightsSchema.safeParse(Object.hasOwn(claims, claim) ? claims[claim] : {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${[claim, ...path].join(".")}: ${message}`,
  );
  throw new WireError("unauthorized", `the token's grants are malformed: ${faults.join("; ")}`);
}

function grantsOf(role: string, roles: RoleTemplates, claims: Claims): GrantText[] {
  const templates = roles.get(role);
  if (templates !== undefined) return templates.map((template) => template.fill(claims));
  throw new WireError(
    "unauthorized",
    `the token names the role ${JSON.stringify(role)}, which this gateway does not know`,
  );
}
