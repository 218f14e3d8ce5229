// A gateway of the test's own beside the others, so that it may be killed: the second one's configuration under another
// name and at an address that stays.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { KEFU_BIN } from "./staff.mjs";
import { until } from "./support.mjs";

export class Killable {
  static async beside(pid = process.env.KEFU_PID_GATEWAY_2) {
    const gateway = new Killable();
    const before = readFileSync(readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").find((word) => word.endsWith(".yaml")), "utf8");
    const port = await freePort();
    gateway.url = `http://127.0.0.1:${port}`;
    gateway.folder = mkdtempSync(join(tmpdir(), "kefu-killable-"));
    gateway.file = join(gateway.folder, "gateway-3.yaml");
    // What it listens at is its own; what it listens to stays.
    const own = before
      .replace(/^(ports_file|internal_listen|  bind): .*gateway-2.*$/gm, (line) => line.replace("gateway-2", "gateway-3"))
      .replace(/^listen: .*$/m, `listen: "127.0.0.1:${port}"`);
    writeFileSync(gateway.file, own);
    await gateway.start();
    return gateway;
  }

  async start() {
    this.process = spawn(join(KEFU_BIN, "kefu-gateway"), ["--config", this.file], { stdio: "ignore" });
    await until("the gateway", () => fetch(`${this.url}/console/`).then(({ ok }) => ok, () => false));
  }

  async kill(signal = "SIGKILL") {
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    await ended;
  }

  async end() {
    await this.kill("SIGTERM");
    rmSync(this.folder, { recursive: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
