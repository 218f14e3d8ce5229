// What the builds of all pages have in common.

import { gzipSync } from "node:zlib";
import type { BuildOptions, Plugin } from "vite";

// All go into one folder; the main build, which comes first, empties it.
export const common = {
  outDir: "dist",
  emptyOutDir: false,
  target: "es2022",
  // The pages' content security policy admits nothing inline, not even data: URLs.
  assetsInlineLimit: 0,
  modulePreload: { polyfill: false },
} as const satisfies BuildOptions;

// Says how large everything is that the build makes, compressed; fails above the bound, or for more files than allowed.
export function bounded(what: string, kib: number, files = Infinity): Plugin {
  return {
    name: "kefu-bound",
    generateBundle(_, bundle) {
      const all = Object.values(bundle);
      if (all.length > files) this.error(`${what}: ${all.length} files, of ${files} allowed`);
      const sizes = all.map((file) => gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length);
      const size = sizes.reduce((sum, one) => sum + one, 0);
      const said = `${what}: ${(size / 1024).toFixed(1)} KiB compressed, of ${kib} allowed`;
      if (size > kib * 1024) this.error(said);
      console.log(said);
    },
  };
}
