import { WireError } from "@keywire/shared";
import { z } from "zod";
import { fillTemplate, type Grant, type GrantText, grantSchema, parseGrant } from "./grants.js";

/** Grants of the tokens that name a role: see `fillTemplate`. */
export type Roles = Readonly<Record<string, readonly GrantText[]>>;

/** What a token's own claim says. */
export interface Rights {
  readonly grants: readonly Grant[];
  readonly admin: boolean;
}

/** A token may hold this many grants; each is looked at for every subscription. */
const MAX_GRANTS = 1_000;

const rightsSchema = z.object({
  grants: z.array(grantSchema).max(MAX_GRANTS).optional(),
  roles: z.array(z.string()).max(MAX_GRANTS).optional(),
  admin: z.boolean().optional(),
});

/**
 * Reads the claim that holds a token's grants. A token without it allows nothing; one whose claim is
 * malformed is no token, lest a part of it be left out unnoticed.
 *
 * @throws WireError `unauthorized` naming what is wrong in the claim
 */
export function readRights(
  claims: Readonly<Record<string, unknown>>,
  claim: string,
  configured: Roles,
): Rights {
  const parsed = rightsSchema.safeParse(claims[claim] ?? {});
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${[claim, ...path].join(".")}: ${message}`,
    );
    throw new WireError("unauthorized", `the token's grants are malformed: ${faults.join("; ")}`);
  }
  const { grants = [], roles = [], admin = false } = parsed.data;
  const ofRoles = roles.flatMap((role) => grantsOf(role, configured, claims));
  return { grants: [...grants, ...ofRoles].map(parseGrant), admin };
}

function grantsOf(
  role: string,
  roles: Roles,
  claims: Readonly<Record<string, unknown>>,
): GrantText[] {
  const templates = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (templates === undefined) {
    throw new WireError(
      "unauthorized",
      `the token names the role ${JSON.stringify(role)}, which this gateway does not know`,
    );
  }
  return templates.map((template) => fillTemplate(template, claims));
}
