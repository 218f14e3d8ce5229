import { defineConfig } from "vite";

// `npm run dev` serves the page with live reload and passes calls on to this gateway.
const gateway = "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // The page's content security policy admits nothing inline, not even data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "^/kefu\\.": { target: gateway, changeOrigin: true } } },
});
