// Builds /widget.js, one classic script.

import { defineConfig } from "vite";
import { bounded, common } from "./build_rules.js";

export default defineConfig({
  plugins: [bounded("widget.js", 60, 1)],
  build: {
    ...common,
    reportCompressedSize: false,
    rollupOptions: {
      input: "widget/main.ts",
      output: { format: "iife", entryFileNames: "widget.js" },
    },
  },
});
