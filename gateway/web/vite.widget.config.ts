// Builds /widget.js, one classic script, and says how large it is: larger than the bound fails the build.

import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const boundBytes = 60 * 1024;

function bounded(): Plugin {
  return {
    name: "kefu-widget-bound",
    generateBundle(_, bundle) {
      const [file, ...others] = Object.values(bundle);
      if (file?.type !== "chunk" || others.length > 0) this.error("The widget must be one script.");
      const size = gzipSync(file.code, { level: 9 }).length;
      const said = `widget.js: ${(size / 1024).toFixed(1)} KiB compressed, of ${boundBytes / 1024} allowed`;
      if (size > boundBytes) this.error(said);
      console.log(said);
    },
  };
}

export default defineConfig({
  plugins: [bounded()],
  build: {
    outDir: "dist",
    // Beside what the main build has put there.
    emptyOutDir: false,
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: "widget/main.ts",
      output: { format: "iife", entryFileNames: "widget.js" },
    },
  },
});
