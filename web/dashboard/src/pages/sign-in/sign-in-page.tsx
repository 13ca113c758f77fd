import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { MAIN } from "../../ui/skip-to-page.js";

interface SignInPageProps {
  /** Why one has to sign in, where it is not for the first time. */
  readonly reason: string | null;
  readonly onSignIn: (token: string) => void;
}

/** Where one pastes a token when the address brought none, or the one it brought has ended. */
export function SignInPage({ reason, onSignIn }: SignInPageProps) {
  const text = useSignal("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <main class="sign-in" id={MAIN} tabIndex={-1}>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          onSignIn(text.value);
        }}
      >
        <h1>Sign in</h1>
        <p class="sign-in__lead">Keywire shows what your token allows. Paste one to begin.</p>
        {reason !== null && (
          <p class="fault fault--box" role="alert" id="sign-in-reason">
            {reason}
          </p>
        )}
        <label class="label" for="token">
          Token
        </label>
        <textarea
          id="token"
          class="input input--mono sign-in__token"
          ref={field}
          rows={4}
          value={text.value}
          placeholder="eyJhbGciOi…"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-describedby="token-help"
          aria-invalid={reason !== null}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            // A token has one line, so Enter is free to mean what it means in every other field.
            if (event.key !== "Enter") return;
            event.preventDefault();
            onSignIn(text.value);
          }}
        />
        <p class="sign-in__help" id="token-help">
          It stays in this tab and goes to this gateway alone. <code>npx keywire token</code> mints
          one where you hold the secret; <code>npx keywire dev</code> prints an address that has
          one.
        </p>
        <button type="submit" class="button button--primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
