import { defineConfig } from "vite";
import { common } from "./build_rules.js";

// `npm run dev` serves the page with live reload and passes calls on to this gateway.
const gateway = "http://127.0.0.1:8080";

export default defineConfig({
  build: { ...common, emptyOutDir: true },
  server: { proxy: { "^/kefu\\.": { target: gateway, changeOrigin: true } } },
});
