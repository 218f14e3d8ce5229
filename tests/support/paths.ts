// Where things are: everything relative to the repository, or told by the environment.
//   KEFU_BIN          folder of kefu-inquiries, kefu-gateway, kefuctl (default build/dev/bin)
//   KEFU_SHARED_DATA  folder of the recorded chats (default ../shared/data beside the repository)
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// This file runs as tests/dist/support/paths.js.
export const repository = fileURLToPath(new URL("../../..", import.meta.url));
export const testsFolder = join(repository, "tests");
export const sharedData = process.env.KEFU_SHARED_DATA ?? join(repository, "..", "shared", "data");

const binaries = process.env.KEFU_BIN ?? join(repository, "build", "dev", "bin");

export function binary(name: string): string {
  const path = join(binaries, name);
  if (!existsSync(path)) {
    throw new Error(`${path} does not exist: build it, or set KEFU_BIN to the folder that has it`);
  }
  return path;
}
