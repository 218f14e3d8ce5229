// Builds the demonstration shop, /shop/.

import { defineConfig } from "vite";
import { common } from "./build_rules.js";

export default defineConfig({ build: { ...common, rollupOptions: { input: "shop/index.html" } } });
