// One cluster for all tests of a file, with everybody's address taken from X-Forwarded-For (people.ts).
import { after, before } from "node:test";

import { Cluster, type ClusterOptions } from "./cluster.js";

export const behindProxy = { trusted_proxies: ["127.0.0.1"] };

export function testCluster(options: ClusterOptions = {}): () => Cluster {
  let cluster: Cluster | undefined;
  before(async () => {
    cluster = await Cluster.start({ ...options, gatewayConfig: { ...behindProxy, ...options.gatewayConfig } });
  });
  after(async () => await cluster?.stop());
  return () => {
    if (cluster === undefined) throw new Error("the cluster did not start");
    return cluster;
  };
}
