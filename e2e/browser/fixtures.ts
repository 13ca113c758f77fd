import { test as base } from "@playwright/test";
import {
  type Gateway,
  releaseAll,
  type StandaloneRedis,
  startGateway,
  startRedis,
} from "../support/index.js";
import { DashboardPage } from "./dashboard-page.js";
import { type Offences, watchPage } from "./offences.js";

interface Fixtures {
  /** What a test started, or left behind when it failed, ends with it. */
  readonly released: undefined;
  readonly redis: StandaloneRedis;
  /** The built gateway, on `redis`. */
  readonly gateway: Gateway;
  readonly dashboard: DashboardPage;
  /** What the page must never do; each test ends by finding that it did none of it. */
  readonly offences: Offences;
}

export { expect } from "@playwright/test";

export const test = base.extend<Fixtures>({
  released: [
    async ({ browserName: _ }, use) => {
      await use(undefined);
      await releaseAll();
    },
    { auto: true },
  ],

  async redis({ browserName: _ }, use) {
    await use(await startRedis());
  },

  async gateway({ redis }, use) {
    const gateway = await startGateway({ redis: redis.url });
    await use(gateway);
    await gateway.stop();
  },

  async dashboard({ page, gateway }, use) {
    await use(new DashboardPage(page, gateway.url));
  },

  offences: [
    async ({ page }, use) => {
      const offences = await watchPage(page);
      await use(offences);
      offences.expectNone();
    },
    { auto: true },
  ],
});
