// The command line tool against a cluster, as its operator.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Cluster } from "./cluster.js";
import { binary } from "./paths.js";
import { Terminal } from "./terminal.js";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export class Kefuctl {
  // For the files of a test; gone with dispose().
  readonly folder = mkdtempSync(join(tmpdir(), "kefuctl-"));

  constructor(private readonly cluster: () => Cluster) {}

  private environment(): NodeJS.ProcessEnv {
    const cluster = this.cluster();
    const operatorKey = join(this.folder, "operator_key");
    writeFileSync(operatorKey, cluster.operatorKey, { mode: 0o600 });
    const gateways = cluster.gateways.map(({ address }) => address).join(",");
    return { ...process.env, KEFU_OPERATOR_KEY_FILE: operatorKey, KEFU_GATEWAY: gateways };
  }

  async run(...args: string[]): Promise<Outcome> {
    const options = { env: this.environment(), timeout: 180_000, maxBuffer: 16 << 20 };
    return await new Promise((resolve) => {
      execFile(binary("kefuctl"), args, options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  }

  // A command that goes on until its input ends.
  open(...args: string[]): Terminal {
    return new Terminal(binary("kefuctl"), args, this.environment());
  }

  // What it printed; throws if it did not end with 0.
  async succeed(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`kefuctl ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
