import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests run on the sources: workspace packages resolve to TypeScript, not to a build. */
const conditions = ["keywire-source"];
const source = {
  resolve: { conditions: [...conditions, "module", "node", "development|production"] },
  ssr: { resolve: { conditions: [...conditions, "node", "development|production"] } },
};

export default defineConfig({
  ...source,
  test: {
    projects: [
      {
        ...source,
        test: {
          name: "unit",
          include: ["{shared,gateway,web/*}/src/**/*.test.{ts,tsx}", "infra/**/*.test.{ts,mjs}"],
          testTimeout: 20_000,
          // vitest leaves a core to itself, which on two of them is half of what there is.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        ...source,
        test: {
          name: "integration",
          include: ["e2e/**/*.test.ts"],
          setupFiles: ["e2e/support/vitest.setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Every file starts servers of its own; on two cores more files at once only slow each other.
          maxWorkers: 2,
        },
      },
    ],
  },
});
