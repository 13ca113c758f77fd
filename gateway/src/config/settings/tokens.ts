import { checkWebUrl, grantTemplates, publicKey } from "../checks.js";
import { checked, choice, duration, json, list, optional, text } from "../kinds.js";
import { hide, maskCredentials } from "../mask.js";
import { row } from "../row.js";
import { MINUTE, SECOND } from "./quantities.js";

const ALGORITHMS = choice(
  ...(["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
  ...(["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const),
);

/** How tokens are verified, and what they grant. */
export const TOKENS = {
  jwtSecret: row(
    "Tokens",
    optional(text("the secret that tokens are signed with")),
    undefined,
    "The secret of HS256, HS384 and HS512 tokens; at least 32 random bytes. One of `jwtSecret`, `jwtJwksUrl` and `jwtPublicKey` is required, but for `keywire dev`.",
    { mask: hide, fromFile: true, fallbackDoc: "none" },
  ),
  jwtJwksUrl: row(
    "Tokens",
    optional(checked(text("an https:// or http:// URL"), checkWebUrl)),
    undefined,
    "Where the identity provider publishes its public keys (a JSON Web Key Set). They are fetched again when a token names an unknown key.",
    { mask: maskCredentials, fromFile: true, fallbackDoc: "none" },
  ),
  jwtPublicKey: row(
    "Tokens",
    optional(publicKey()),
    undefined,
    "The public key of the tokens' issuer, in PEM (SPKI) or as a JSON Web Key. `\\n` may stand for line breaks.",
    { mask: hide, fromFile: true, fallbackDoc: "none" },
  ),
  jwtAlgorithms: row(
    "Tokens",
    optional(list(`algorithms, comma separated, of ${ALGORITHMS.takes}`, ALGORITHMS)),
    undefined,
    "The signature algorithms that are accepted. `HS…` goes with a secret, the others with public keys; `none` never.",
    { fallbackDoc: "by the type of the key" },
  ),
  jwtIssuer: row(
    "Tokens",
    optional(text("the text of the claim")),
    undefined,
    "What the claim `iss` must be.",
    { fallbackDoc: "not checked" },
  ),
  jwtAudience: row(
    "Tokens",
    optional(text("the text of the claim")),
    undefined,
    "What the claim `aud` must be, or contain.",
    { fallbackDoc: "not checked" },
  ),
  jwtClockTolerance: row(
    "Tokens",
    duration({ min: 0, max: 5 * MINUTE }),
    5 * SECOND,
    "How far the issuer's clock may be off when `exp` and `nbf` are checked.",
  ),
  jwtClaim: row(
    "Tokens",
    text("the name of a claim"),
    "keywire",
    "The claim that holds a token's grants.",
  ),
  roles: row(
    "Tokens",
    optional(
      json(
        `a JSON object of grants by role, as in {"customer":[{"keys":"user:\${sub}:*"}]}`,
        grantTemplates,
      ),
    ),
    undefined,
    `Grants for tokens that name \`roles\` instead of listing them: a JSON object, role to list of grants. \`\${sub}\` and other claims of the token are filled in, escaped: \`{"customer":[{"keys":"user:\${sub}:*","values":true}]}\`.`,
    { fromFile: true, fallbackDoc: "none" },
  ),
  tokenCookie: row(
    "Tokens",
    optional(text("the name of a cookie", /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/)),
    undefined,
    "The cookie that may carry an SSE client's token, for pages that cannot set a header.",
    { fallbackDoc: "none" },
  ),
} as const;
