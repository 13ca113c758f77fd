import { expect, type Locator, type Page } from "@playwright/test";
import { mintToken } from "../support/index.js";

/** The dashboard as somebody who looks at it knows it. */
export class DashboardPage {
  readonly page: Page;
  readonly url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
  }

  /** Opens it with an admin's token, watching these channels alone, and waits until they are live. */
  async open(...channels: string[]): Promise<void> {
    const token = await mintToken({ admin: true });
    await this.openWith(token, ...channels);
    await expect(this.connection).toHaveText("Connected");
    for (const channel of channels) await this.expectWatching(channel);
  }

  async openWith(token: string, ...channels: string[]): Promise<void> {
    const fields = new URLSearchParams({ token });
    for (const channel of channels) fields.append("channel", channel);
    await this.page.goto(`${this.url}/#${fields}`);
  }

  /** The connection's state, in words. */
  get connection(): Locator {
    return this.page.locator("header output");
  }

  get channelBox(): Locator {
    return this.page.getByLabel("Watch a channel");
  }

  get grid(): Locator {
    return this.page.getByRole("grid", { name: "Events, newest first" });
  }

  get scroller(): Locator {
    return this.page.locator(".grid__scroller");
  }

  /** The rows in the document: those in sight and a few more. */
  get rows(): Locator {
    return this.grid.locator("tbody tr");
  }

  /** The row of a key, as it is shown. */
  row(key: string): Locator {
    return this.rows.filter({ has: this.page.locator("td").getByText(key, { exact: true }) });
  }

  get received(): Locator {
    return this.page.locator("[data-total=received]");
  }

  get detail(): Locator {
    return this.page.getByRole("complementary", { name: "Details of the selected row" });
  }

  async watch(channel: string): Promise<void> {
    await this.channelBox.fill(channel);
    await this.channelBox.press("Enter");
    await this.expectWatching(channel);
  }

  async expectWatching(channel: string): Promise<void> {
    const chips = this.page.getByRole("list", { name: "Watched channels" });
    const chip = chips.getByRole("listitem").filter({ hasText: channel });
    await expect(chip.getByText("watching")).toBeAttached();
  }

  async expectReceived(count: number): Promise<void> {
    await expect(this.received).toHaveText(count.toLocaleString("en"));
  }

  /** The keys in sight, from the top. */
  async keys(): Promise<string[]> {
    return this.rows.locator(".row__key").allTextContents();
  }
}
