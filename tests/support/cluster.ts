// A whole kefu in a temporary folder: Redis, one or more inquiries, two gateways unless told otherwise, and as many of
// the other services as `replicas` says, none by default.
//
//   const cluster = await Cluster.start({ replicas: oneOfEach });
//   after(() => cluster.stop());
//
// With KEFU_ONE_PROCESS=1 in the environment the same is one kefu-all process, with every service in it: gateway(n) and
// all others are that process.
//
// stop() also judges: a process that ended by itself, did not end with 0 when asked to, or whose log has a sanitizer's
// report, fails the test. KEFU_KEEP=1 keeps the folder with all logs.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type BusinessName, Layout, type Replicas, type ServiceName, businessNames, oneOfEach } from "./layout.js";
import { RedisServer } from "./redis.js";
import { type Config, Service } from "./service.js";

export { oneOfEach, twoOfEach } from "./layout.js";

export const oneProcess = process.env.KEFU_ONE_PROCESS === "1";

export interface ClusterOptions {
  inquiries?: number;
  gateways?: number;
  // A number stands for so many of every service.
  replicas?: Replicas | number;
  inquiriesConfig?: Config;
  gatewayConfig?: Config;
  config?: Partial<Record<BusinessName, Config>>;
  // KEFU_FAILPOINTS per process, by its index.
  inquiriesFailpoints?: string[];
  gatewayFailpoints?: string[];
  failpoints?: Partial<Record<BusinessName, string[]>>;
  // Other programs than this build's, by path, per process.
  programs?: Partial<Record<ServiceName, (string | undefined)[]>>;
  appendfsync?: "always" | "everysec";
  recordSyncs?: boolean;
  // As in RedisOptions.
  rewriteLogAt?: string;
  // Of the gateways.
  environment?: Record<string, string>;
}

const serviceNames: ServiceName[] = ["inquiries", ...businessNames, "gateway"];

function countsOf({ replicas, inquiries, gateways }: ClusterOptions): Record<ServiceName, number> {
  const none = { orders: 0, logistics: 0, after_sales: 0, records: 0 };
  if (oneProcess) return { ...none, ...oneOfEach, inquiries: 1, gateway: 1 };
  if (typeof replicas !== "number") return { ...none, ...replicas, inquiries: inquiries ?? 1, gateway: gateways ?? 2 };
  const each = { orders: replicas, logistics: replicas, after_sales: replicas, records: 1 };
  return { ...each, inquiries: inquiries ?? replicas, gateway: gateways ?? 2 };
}

export class Cluster {
  readonly redis: RedisServer;
  readonly operatorKey = randomBytes(24).toString("base64url");
  private readonly folder: string;
  private readonly counts: Record<ServiceName, number>;
  private readonly layout: Layout;
  private readonly services: Record<ServiceName, Service[]>;
  // Consumers that a test starts and stops itself; they end with the cluster at the latest.
  private readonly beside: Service[] = [];

  private constructor(private readonly options: ClusterOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "kefu-test-"));
    this.redis = new RedisServer({
      folder: this.folder,
      appendfsync: options.appendfsync,
      recordSyncs: options.recordSyncs,
      rewriteLogAt: options.rewriteLogAt,
    });
    this.counts = countsOf(options);
    this.layout = new Layout(this.folder, this.counts, this.redis.address, this.operatorKey);
    this.services = oneProcess ? this.allInOne() : this.separate();
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

  get gateways(): Service[] {
    return this.services.gateway;
  }

  get inquiries(): Service[] {
    return this.services.inquiries;
  }

  // The n-th gateway, from 0; in one process always that one.
  gateway(index: number): Service {
    return oneProcess ? this.gateways[0]! : this.gateways[index]!;
  }

  // The n-th process of a service, from 0.
  service(name: ServiceName, index = 0): Service {
    const service = this.services[name][index];
    if (service === undefined) throw new Error(`the cluster has no ${name} ${index}: see ClusterOptions.replicas`);
    return service;
  }

  // Every process but Redis, each once; gateways last.
  processes(): Service[] {
    return [...new Set(serviceNames.flatMap((name) => this.services[name]))];
  }

  // A program of the tests' own that reads every log; started and stopped by its owner. `failpoints` are armed at every
  // start.
  consumerOfEverything(name: string, program: string, failpoints = ""): Service {
    const config = () => this.layout.consumerOfEverything(name);
    const environment: Record<string, string> = failpoints === "" ? {} : { KEFU_FAILPOINTS: failpoints };
    const service = new Service({ name, program, folder: this.folder, port: "grpc", environment, config });
    this.beside.push(service);
    return service;
  }

  // The key that signs tokens.
  tokenKey(): Buffer {
    return Buffer.from(readFileSync(this.layout.secret("token_keys"), "utf8").trim().split(" ")[1]!, "hex");
  }

  // A file of the cluster's folder, such as the database of records.
  path(name: string): string {
    return join(this.folder, name);
  }

  // Every process but Redis, which must run.
  async startServices(): Promise<void> {
    const others = this.processes().filter((service) => !this.gateways.includes(service));
    await Promise.all(others.map((service) => service.start()));
    await Promise.all(this.gateways.map((service) => service.start()));
  }

  async stopServices(): Promise<void> {
    await Promise.all(this.gateways.map((service) => service.stop()));
    await Promise.all(this.processes().map((service) => service.stop()));
  }

  private async startAll(): Promise<void> {
    await this.redis.start();
    for (const name of serviceNames) {
      if (this.counts[name] > 0 && name !== "records") this.redis.loadFunctions(name);
    }
    await this.startServices();
  }

  async stop(): Promise<void> {
    const services = this.processes();
    const complaints = services.flatMap((service) => service.complaints());
    try {
      await this.stopServices();
      const late = services.flatMap((service) => service.complaints()).filter((text) => !complaints.includes(text));
      complaints.push(...late);
    } finally {
      await this.abandon();
    }
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }

  private async abandon(): Promise<void> {
    for (const service of [...this.processes(), ...this.beside]) {
      if (service.started) await service.kill();
    }
    await this.redis.stop();
    if (process.env.KEFU_KEEP) {
      console.log(`logs kept in ${this.folder}`);
    } else {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private separate(): Record<ServiceName, Service[]> {
    const replicas = (name: ServiceName) =>
      [...Array(this.counts[name]).keys()].map((index) => this.newService(name, index));
    return Object.fromEntries(serviceNames.map((name) => [name, replicas(name)])) as Record<ServiceName, Service[]>;
  }

  private newService(name: ServiceName, index: number): Service {
    const gateway = name === "gateway";
    return new Service({
      name: `${name}${index}`,
      program: this.options.programs?.[name]?.[index] ?? `kefu-${name.replace("_", "-")}`,
      folder: this.folder,
      port: gateway ? "http" : "grpc",
      failpoints: this.failpoints(name)[index],
      environment: gateway ? this.options.environment : undefined,
      config: (listen) => this.config(name, index, listen),
    });
  }

  private config(name: ServiceName, index: number, listen: string): Config {
    return {
      ...this.layout.config(name, index),
      listen: name === "gateway" ? listen : this.layout.listen(name, index),
      ...this.more(name),
    };
  }

  private more(name: ServiceName): Config | undefined {
    if (name === "gateway") return this.options.gatewayConfig;
    return name === "inquiries" ? this.options.inquiriesConfig : this.options.config?.[name];
  }

  private failpoints(name: ServiceName): string[] {
    if (name === "gateway") return this.options.gatewayFailpoints ?? [];
    return (name === "inquiries" ? this.options.inquiriesFailpoints : this.options.failpoints?.[name]) ?? [];
  }

  // One process under every name.
  private allInOne(): Record<ServiceName, Service[]> {
    const all = new Service({
      name: "all",
      program: "kefu-all",
      folder: this.folder,
      port: "http",
      environment: this.options.environment,
      config: (listen) => ({ services: Object.fromEntries(serviceNames.map((name) => [name, this.part(name, listen)])) }),
    });
    return Object.fromEntries(serviceNames.map((name) => [name, [all]])) as unknown as Record<ServiceName, Service[]>;
  }

  // The configuration file of a service in kefu-all.
  private part(name: ServiceName, listen: string): string {
    const file = join(this.folder, "all", `${name}.yaml`);
    writeFileSync(file, JSON.stringify(this.config(name, 0, listen), null, 2));
    return file;
  }
}
