// Generates the TypeScript of every proto into tests/gen, with the protoc of the system and the plugin that
// package.json pins.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const tests = fileURLToPath(new URL("..", import.meta.url));
const protos = join(tests, "..", "proto");
const out = join(tests, "gen");

function protoFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return protoFiles(path);
    return entry.name.endsWith(".proto") ? [relative(protos, path)] : [];
  });
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
execFileSync(
  "protoc",
  [
    `--plugin=protoc-gen-es=${join(tests, "node_modules", ".bin", "protoc-gen-es")}`,
    `--es_out=${out}`,
    "--es_opt=target=ts,import_extension=js",
    `-I${protos}`,
    ...protoFiles(protos).sort(),
  ],
  { stdio: "inherit" },
);
