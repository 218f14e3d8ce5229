// Where things are: everything relative to the repository, or told by the environment.
//   KEFU_BIN          folder of kefu-inquiries, kefu-gateway, kefuctl (default build/dev/bin)
//   KEFU_PREVIOUS     checkout of the commit before with its programs in bin/ (tests/run/previous.sh); without it, tests
//                     of two releases beside each other are skipped
//   KEFU_SHARED_DATA  folder of the recorded chats (default ../shared/data beside the repository)
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

// This file runs as tests/dist/support/paths.js.
export const repository = fileURLToPath(new URL("../../..", import.meta.url));
export const testsFolder = join(repository, "tests");
export const sharedData = process.env.KEFU_SHARED_DATA ?? join(repository, "..", "shared", "data");

export const previousRelease = process.env.KEFU_PREVIOUS;

const binaries = process.env.KEFU_BIN ?? join(repository, "build", "dev", "bin");

// A program by its name, or by its path.
export function binary(name: string): string {
  const path = isAbsolute(name) ? name : join(binaries, name);
  if (!existsSync(path)) {
    throw new Error(`${path} does not exist: build it, or set KEFU_BIN to the folder that has it`);
  }
  return path;
}
