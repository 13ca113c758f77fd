import { defineConfig } from "@playwright/test";
import { chromiumProgram } from "./support/program.js";

/** ms; a test starts servers of its own. */
const TEST_TIMEOUT = 60_000;
/** ms */
const EXPECT_TIMEOUT = 10_000;

/** Nothing is downloaded: the tests use the system's Chromium, which talks to the loopback alone. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "./browser",
  outputDir: "./test-results",
  timeout: TEST_TIMEOUT,
  expect: { timeout: EXPECT_TIMEOUT },
  forbidOnly: true,
  // A test that passes at the second attempt has found something.
  retries: 0,
  workers: 2,
  reporter: "list",
  use: {
    headless: true,
    launchOptions: { executablePath: chromiumProgram(), args: ARGUMENTS },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
});
