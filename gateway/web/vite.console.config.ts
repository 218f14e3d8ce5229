// Builds the staff's pages, /console/, beside what the main build has put there, and says how large they are: larger
// than the bound fails the build.

import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

// Of everything that a first visit to the desk loads, compressed.
const boundBytes = 450 * 1024;

function bounded(): Plugin {
  return {
    name: "kefu-console-bound",
    generateBundle(_, bundle) {
      const sizes = Object.values(bundle).map((file) => gzipSync(file.type === "chunk" ? file.code : file.source).length);
      const size = sizes.reduce((sum, one) => sum + one, 0);
      const said = `console: ${(size / 1024).toFixed(0)} KiB compressed, of ${boundBytes / 1024} allowed`;
      if (size > boundBytes) this.error(said);
      console.log(said);
    },
  };
}

export default defineConfig({
  plugins: [bounded()],
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "es2022",
    // The pages' content security policy admits nothing inline, not even data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
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
