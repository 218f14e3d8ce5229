// Which processes a cluster consists of, and what each is configured with. Everything is known before anything runs:
// services listen on unix sockets in the cluster's folder, only gateways take ports.
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "./paths.js";
import type { Config } from "./service.js";

// The services behind the gateway beside inquiries.
export const businessNames = ["orders", "logistics", "after_sales", "records"] as const;
export type BusinessName = (typeof businessNames)[number];
export type ServiceName = "gateway" | "inquiries" | BusinessName;
export type Replicas = Partial<Record<BusinessName, number>>;

// For ClusterOptions.replicas. There is one records: its SQLite file has one writer.
export const oneOfEach: Replicas = { orders: 1, logistics: 1, after_sales: 1, records: 1 };
export const twoOfEach: Replicas = { orders: 2, logistics: 2, after_sales: 2, records: 1 };

const everySource = ["inquiries", "orders", "logistics", "after_sales", "directory", "routing"];

export class Layout {
  private readonly secrets = new Map<string, string>();

  constructor(
    readonly folder: string,
    private readonly counts: Record<ServiceName, number>,
    private readonly redis: string,
    private readonly operatorKey: string,
  ) {
    mkdirSync(join(folder, "blobs"), { recursive: true });
  }

  // Without what Service adds: addresses of its own.
  config(service: ServiceName, index: number): Config {
    const redis = service === "records" ? {} : { redis: { address: this.redis } };
    return { ...redis, ...this.own(service, index) };
  }

  private own(service: ServiceName, index: number): Config {
    switch (service) {
      case "gateway":
        return {
          inquiries: this.addresses("inquiries"),
          ...this.services("orders", "logistics", "after_sales", "records"),
          ...(this.alone() ? {} : { internal_listen: this.listen("gateway", index) }),
          events: { bind: this.events("gateway", index), subscribe: this.subscribe("inquiries", "gateway") },
          operator_key_file: this.secret("operator_key", this.operatorKey),
          token_keys_file: this.secret("token_keys"),
          master_keys_file: this.secret("master_keys"),
        };
      case "inquiries":
        return {
          ...this.reads(["logistics", "after_sales"], this.events(service, index)),
          blobs: { folder: join(this.folder, "blobs") },
          master_keys_file: this.secret("master_keys"),
        };
      case "orders":
        return {
          ...this.reads(["logistics", "after_sales", "inquiries"], this.events(service, index)),
          statuses_file: join(repository, "deploy/config/order_statuses.yaml"),
          master_keys_file: this.secret("master_keys"),
        };
      case "logistics":
        return {
          ...this.reads(["orders"], this.events(service, index)),
          statuses_file: join(repository, "deploy/config/shipment_statuses.yaml"),
        };
      case "after_sales":
        return {
          ...this.reads(["inquiries"], this.events(service, index)),
          ...this.services("orders", "logistics", "inquiries"),
          master_keys_file: this.secret("master_keys"),
        };
      case "records":
        return {
          ...this.reads(everySource),
          database: join(this.folder, "records.sqlite"),
        };
    }
  }

  // Of a process that only tests have: it consumes every event and keeps what it knows in the same Redis.
  consumerOfEverything(name: string): Config {
    return {
      redis: { address: this.redis },
      ...this.reads(everySource, `ipc://${join(this.folder, `${name}.events`)}`),
      listen: `unix:${join(this.folder, `${name}.sock`)}`,
    };
  }

  // Where the n-th of them serves gRPC.
  listen(service: ServiceName, index: number): string {
    return `unix:${join(this.folder, `${service}${index}.sock`)}`;
  }

  // The file that holds a key, the same for all processes.
  secret(name: string, content = `k1 ${randomBytes(32).toString("hex")}`): string {
    const known = this.secrets.get(name);
    if (known !== undefined) return known;
    const file = join(this.folder, name);
    writeFileSync(file, `${content}\n`, { mode: 0o600 });
    this.secrets.set(name, file);
    return file;
  }

  private indices(service: ServiceName): number[] {
    return [...Array(this.counts[service]).keys()];
  }

  private addresses(service: ServiceName): string[] {
    return this.indices(service).map((index) => this.listen(service, index));
  }

  private events(service: ServiceName, index: number): string {
    return `ipc://${join(this.folder, `${service}${index}.events`)}`;
  }

  private subscribe(...services: ServiceName[]): string[] {
    return services.flatMap((service) => this.indices(service).map((index) => this.events(service, index)));
  }

  // Just gateways and inquiries: nobody reads the gateways' logs.
  private alone(): boolean {
    return !businessNames.some((name) => this.counts[name] > 0);
  }

  private services(...names: ServiceName[]): Config {
    const there = names.filter((name) => this.counts[name] > 0);
    return there.length === 0 ? {} : { services: Object.fromEntries(there.map((name) => [name, this.addresses(name)])) };
  }

  // Whose events it consumes, of those that run, and where it publishes its own.
  private reads(sources: string[], bind?: string): Config {
    const there = sources.filter((source) => this.counts[publisherOf(source)] > 0);
    const subscribe = this.subscribe(...new Set(there.map(publisherOf)));
    const addresses = Object.fromEntries(there.map((source) => [source, this.addresses(publisherOf(source))]));
    return {
      events: { ...(bind === undefined ? {} : { bind }), ...(there.length === 0 ? {} : { subscribe }) },
      ...(there.length === 0 ? {} : { sources: addresses }),
    };
  }
}

function publisherOf(source: string): ServiceName {
  return source === "directory" || source === "routing" ? "gateway" : (source as ServiceName);
}
