// Builds the staff's pages, /console/.

import { defineConfig } from "vite";
import { bounded, common } from "./build_rules.js";

export default defineConfig({
  plugins: [bounded("console", 760)],
  build: {
    ...common,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: "console/index.html",
      // React's hints for servers mean nothing here.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
  worker: { format: "es" },
});
