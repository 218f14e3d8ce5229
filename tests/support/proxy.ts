// Debian's nginx with deploy/proxy's configuration in front of a cluster's gateways, and a certificate of its own.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";

import type { Service } from "./service.js";
import { ManagedProcess } from "./managed_process.js";
import { repository } from "./paths.js";
import { eventually } from "./wait.js";

const certificateArguments = [
  ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
  ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
];

export class Proxy {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly nginx: ManagedProcess,
  ) {}

  static async start(gateways: Service[]): Promise<Proxy> {
    const folder = mkdtempSync(join(tmpdir(), "kefu-proxy-"));
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    execFileSync("openssl", [...certificateArguments, "-keyout", key, "-out", certificate], { stdio: "ignore" });
    // Somebody else may take the port in between: then nginx does not start, and another is tried.
    for (let attempt = 0; ; ++attempt) {
      const proxy = await Proxy.tryStart(folder, gateways);
      if (proxy !== undefined) return proxy;
      if (attempt === 4) throw new Error(`nginx does not start:\n${readFileSync(join(folder, "error.log"), "utf8")}`);
    }
  }

  private static async tryStart(folder: string, gateways: Service[]): Promise<Proxy | undefined> {
    const port = await freePort();
    writeFileSync(join(folder, "kefu.conf"), configuration(folder, port, gateways));
    writeFileSync(join(folder, "nginx.conf"), main(folder));
    const nginx = new ManagedProcess({
      name: "nginx",
      file: "nginx",
      args: ["-p", folder, "-e", join(folder, "error.log"), "-c", join(folder, "nginx.conf")],
      log: join(folder, "nginx.log"),
    });
    const proxy = new Proxy(folder, port, nginx);
    const up = await eventually("nginx to listen", async () => (!nginx.alive ? "ended" : await proxy.answers()));
    return up === "ended" ? undefined : proxy;
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  get certificate(): Buffer {
    return readFileSync(join(this.folder, "certificate.pem"));
  }

  accessLog(): string {
    return readFileSync(join(this.folder, "access.log"), "utf8");
  }

  // As after a change of the configuration: new workers, and the old ones finish what they have.
  async reload(): Promise<void> {
    const before = this.workers();
    this.nginx.signal("SIGHUP");
    await eventually("new workers of nginx", () => this.workers().some((worker) => !before.includes(worker)));
  }

  async stop(): Promise<void> {
    await this.nginx.terminate();
    rmSync(this.folder, { recursive: true });
  }

  private workers(): string[] {
    const pid = readFileSync(join(this.folder, "nginx.pid"), "utf8").trim();
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  }

  private async answers(): Promise<boolean> {
    return await new Promise((resolve) => {
      const socket = connect({ port: this.port, host: "127.0.0.1", ca: this.certificate, servername: "localhost" });
      socket.once("secureConnect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
      socket.once("secureConnect", () => socket.destroy());
    });
  }
}

function configuration(folder: string, port: number, gateways: Service[]): string {
  const servers = (name: string) => gateways.map((gateway) => `server ${gateway.port(name)};`).join(" ");
  return execFileSync(
    join(repository, "deploy/proxy/render.sh"),
    [
      `LISTEN=127.0.0.1:${port}`,
      "SERVER_NAMES=localhost",
      `CERTIFICATE=${join(folder, "certificate.pem")}`,
      `KEY=${join(folder, "key.pem")}`,
      `LOG=${join(folder, "access.log")}`,
      `HTTP_GATEWAYS=${servers("http")}`,
      `GRPC_GATEWAYS=${servers("grpc")}`,
    ],
    { encoding: "utf8" },
  );
}

// What Debian has in /etc/nginx/nginx.conf, in a folder of its own.
function main(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return [
    `${user} daemon off; worker_processes 2; pid ${folder}/nginx.pid;`,
    "events { worker_connections 1024; }",
    `http { ${temporary.join(" ")} include ${folder}/kefu.conf; }`,
  ].join("\n");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
