import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "/demo/checkout/",
  // Workspace packages come from their sources: the page builds without building them first.
  resolve: { conditions: ["keywire-source", "module", "browser", "development|production"] },
  build: {
    outDir: "../../gateway/dist/checkout",
    emptyOutDir: true,
    target: ["chrome125", "firefox128", "safari17.5"],
    // The gateway's policy for pages allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
});
