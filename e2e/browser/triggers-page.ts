import { expect, type Locator, type Page } from "@playwright/test";
import type { DashboardPage } from "./dashboard-page.js";

/** The dashboard's Triggers page as somebody who looks at it knows it. */
export class TriggersPage {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens it as an admin. */
  static async open(dashboard: DashboardPage): Promise<TriggersPage> {
    await dashboard.open("prefix:user:");
    await dashboard.page.getByRole("link", { name: "Triggers" }).click();
    const newcomer = dashboard.page.getByRole("button", { name: "Write one" });
    const table = dashboard.page.getByRole("heading", { name: /^Triggers/ });
    await expect(newcomer.or(table)).toBeVisible();
    return new TriggersPage(dashboard.page);
  }

  /** What a library is written in. */
  get source(): Locator {
    return this.#page.getByRole("textbox", { name: "Source" });
  }

  /** The line of the source that something is said of, with what is said. */
  get marked(): Locator {
    return this.#page.locator(".source__marked");
  }

  get lastErrors(): Locator {
    return this.#page.locator(".trigger__error");
  }

  /** The row of a trigger, as `library.trigger`. */
  row(id: string): Locator {
    return this.#page.locator(`[data-trigger="${id}"]`);
  }

  cell(id: string, column: keyof typeof COLUMNS): Locator {
    return this.row(id).locator("td").nth(COLUMNS[column]);
  }

  /** Loads the first library. */
  async loadNew(source: string): Promise<void> {
    await this.#page.getByRole("button", { name: "Write one" }).click();
    await this.source.fill(source);
    await this.#page.getByRole("button", { name: /^Load / }).click();
    await expect(this.#page.getByText(/^Loaded \w+\.$/)).toBeVisible();
  }
}

/** Where each figure stands, hidden columns counted. */
const COLUMNS = { Triggered: 3, Failed: 6, Average: 7 } as const;
