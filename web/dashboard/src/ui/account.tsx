import type { Claims } from "../session/token.js";
import { plain, visibleText } from "../text/visible.js";
import { SignOutIcon } from "./icons.js";

/** Characters of a user's name in the header. */
const LONGEST_USER = 24;

interface AccountProps {
  readonly claims: Claims | null;
  readonly onSignOut: () => void;
}

export function Account({ claims, onSignOut }: AccountProps) {
  const user = claims?.user == null ? null : plain(visibleText(claims.user, LONGEST_USER));
  const until =
    claims?.expires == null
      ? ""
      : `, token good until ${new Date(claims.expires).toLocaleString()}`;
  return (
    <div class="account">
      {user !== null && (
        <span class="account__user" title={`Signed in as ${user}${until}`}>
          {user}
        </span>
      )}
      <button
        type="button"
        class="button button--quiet button--icon"
        aria-label="Sign out"
        title="Sign out: forget the token"
        onClick={onSignOut}
      >
        <SignOutIcon />
      </button>
    </div>
  );
}
