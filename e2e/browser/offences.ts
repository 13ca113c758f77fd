import { expect, type Page } from "@playwright/test";

export interface Offences {
  /** Blocked by the page's own policy: somebody wanted to do it. */
  readonly violations: readonly string[];
  /** Errors that nobody caught, and dialogs. */
  readonly errors: readonly string[];
  /** Requests to anybody but the gateway. */
  readonly foreign: readonly string[];
  expectNone(): void;
  /** Takes the violations that a test provoked. */
  takeViolations(): string[];
}

/** Watches a page from before its first script. */
export async function watchPage(page: Page): Promise<Offences> {
  const violations: string[] = [];
  const errors: string[] = [];
  const foreign: string[] = [];
  await page.exposeFunction("tellViolation", (what: string) => violations.push(what));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { tellViolation } = window as unknown as { tellViolation(what: string): void };
      tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) violations.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
  page.on("dialog", (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const { hostname } = new URL(request.url());
    if (hostname !== "127.0.0.1") foreign.push(request.url());
  });
  return {
    violations,
    errors,
    foreign,
    takeViolations: () => violations.splice(0),
    expectNone: () => {
      expect({ violations, errors, foreign }).toEqual({ violations: [], errors: [], foreign: [] });
    },
  };
}
