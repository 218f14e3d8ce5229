// A whole kefu in a temporary folder: Redis, one or more inquiries, two gateways unless told otherwise.
//
//   const cluster = await Cluster.start();
//   after(() => cluster.stop());
//
// stop() also judges: a process that ended by itself, did not end with 0 when asked to, or whose log has a sanitizer's
// report, fails the test. KEFU_KEEP=1 keeps the folder with all logs.
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RedisServer } from "./redis.js";
import { type Config, Service } from "./service.js";

export interface ClusterOptions {
  inquiries?: number;
  gateways?: number;
  inquiriesConfig?: Config;
  gatewayConfig?: Config;
  // KEFU_FAILPOINTS per process, by its index.
  inquiriesFailpoints?: string[];
  gatewayFailpoints?: string[];
  appendfsync?: "always" | "everysec";
  recordSyncs?: boolean;
  // Of the gateways.
  environment?: Record<string, string>;
}

export class Cluster {
  readonly redis: RedisServer;
  readonly inquiries: Service[];
  readonly gateways: Service[];
  readonly operatorKey = randomBytes(24).toString("base64url");
  private readonly folder: string;
  private readonly secrets = new Map<string, string>();

  private constructor(private readonly options: ClusterOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "kefu-test-"));
    this.redis = new RedisServer({
      folder: this.folder,
      appendfsync: options.appendfsync,
      recordSyncs: options.recordSyncs,
    });
    this.inquiries = indices(options.inquiries ?? 1).map((index) => this.inquiriesService(index));
    this.gateways = indices(options.gateways ?? 2).map((index) => this.gatewayService(index));
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.startAll();
    } catch (error) {
      await cluster.abandon();
      throw error;
    }
    return cluster;
  }

  // The n-th gateway, from 0.
  gateway(index: number): Service {
    return this.gateways[index]!;
  }

  // The key that signs tokens.
  tokenKey(): Buffer {
    return Buffer.from(readFileSync(this.secret("token_keys"), "utf8").trim().split(" ")[1]!, "hex");
  }

  private async startAll(): Promise<void> {
    await this.redis.start();
    this.redis.loadFunctions("inquiries");
    this.redis.loadFunctions("gateway");
    await Promise.all(this.inquiries.map((service) => service.start()));
    await Promise.all(this.gateways.map((service) => service.start()));
  }

  async stop(): Promise<void> {
    const services = [...this.gateways, ...this.inquiries];
    const complaints = services.flatMap((service) => service.complaints());
    try {
      await Promise.all(this.gateways.map((service) => service.stop()));
      await Promise.all(this.inquiries.map((service) => service.stop()));
      const late = services.flatMap((service) => service.complaints()).filter((text) => !complaints.includes(text));
      complaints.push(...late);
    } finally {
      await this.abandon();
    }
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }

  private async abandon(): Promise<void> {
    for (const service of [...this.gateways, ...this.inquiries]) {
      if (service.started) await service.kill();
    }
    await this.redis.stop();
    if (process.env.KEFU_KEEP) {
      console.log(`logs kept in ${this.folder}`);
    } else {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private inquiriesService(index: number): Service {
    const blobs = join(this.folder, "blobs");
    mkdirSync(blobs, { recursive: true });
    return new Service({
      name: `inquiries${index}`,
      program: "kefu-inquiries",
      folder: this.folder,
      port: "grpc",
      failpoints: this.options.inquiriesFailpoints?.[index],
      config: () => ({
        redis: { address: this.redis.address },
        events: { bind: this.events("inquiries", index) },
        blobs: { folder: blobs },
        master_keys_file: this.secret("master_keys"),
        ...this.options.inquiriesConfig,
      }),
    });
  }

  private gatewayService(index: number): Service {
    const subscribe = [
      ...this.inquiries.map((_, i) => this.events("inquiries", i)),
      ...indices(this.options.gateways ?? 2).map((i) => this.events("gateway", i)),
    ];
    const config = (): Config => ({
      // Known once they run.
      inquiries: this.inquiries.map((service) => service.address),
      redis: { address: this.redis.address },
      events: { bind: this.events("gateway", index), subscribe },
      operator_key_file: this.secret("operator_key", this.operatorKey),
      token_keys_file: this.secret("token_keys"),
      master_keys_file: this.secret("master_keys"),
      ...this.options.gatewayConfig,
    });
    return new Service({
      name: `gateway${index}`,
      program: "kefu-gateway",
      folder: this.folder,
      port: "http",
      failpoints: this.options.gatewayFailpoints?.[index],
      environment: this.options.environment,
      config,
    });
  }

  private events(service: string, index: number): string {
    return `ipc://${join(this.folder, `${service}${index}.events`)}`;
  }

  // A file of one key, the same for all processes.
  private secret(name: string, content = `k1 ${randomBytes(32).toString("hex")}`): string {
    const known = this.secrets.get(name);
    if (known !== undefined) return known;
    const file = join(this.folder, name);
    writeFileSync(file, `${content}\n`, { mode: 0o600 });
    this.secrets.set(name, file);
    return file;
  }
}

function indices(count: number): number[] {
  return [...Array(count).keys()];
}
