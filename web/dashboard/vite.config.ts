import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  // Relative addresses let the gateway serve the page under any path of a proxy.
  base: "./",
  // Workspace packages come from their sources: the dashboard builds without building them first.
  resolve: { conditions: ["keywire-source", "module", "browser", "development|production"] },
  build: {
    outDir: "../../gateway/dist/public",
    emptyOutDir: true,
    // What the style sheet relies on: light-dark() and registered custom properties.
    target: ["chrome125", "firefox128", "safari17.5"],
    // The page's policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: {
    host: "127.0.0.1",
    // `vite` beside a running gateway, for work on the dashboard.
    proxy: { "/v1": { target: "http://127.0.0.1:8080", ws: true } },
  },
});
