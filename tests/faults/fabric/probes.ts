// Two kefu-probes beside a cluster: consumers of everything whose effects are counted (tests/faults/probe).
import type { ListConsumersResponse_Consumer } from "../../gen/kefu/gateway/v1/operations_pb.js";
import type { Cluster } from "../../support/cluster.js";
import { Service } from "../../support/service.js";

export interface ProbeOptions {
  failpoints?: string;
  // The library that does not look where a cursor stands.
  cursorCheckOff?: boolean;
}

// Marks of one log that do not say "once", the first few by name.
const badMarks = `
local bad, named = 0, {}
for _, seq in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local version = redis.call('HGET', ARGV[1] .. seq, 'v')
  if version ~= '1' then
    bad = bad + 1
    if #named < 5 then named[#named + 1] = seq .. ':' .. tostring(version) end
  end
end
return bad .. ' ' .. table.concat(named, ',')`;

export class Probes {
  private constructor(
    private readonly cluster: Cluster,
    readonly services: Service[],
  ) {}

  static async start(cluster: Cluster, options: ProbeOptions = {}): Promise<Probes> {
    cluster.redis.loadFunctions("probe", options.cursorCheckOff ? "no-cursor-check" : "production");
    const services = [0, 1].map((index) => cluster.consumerOfEverything(`probe${index}`, "kefu-probe", options.failpoints));
    await Promise.all(services.map((service) => service.start()));
    return new Probes(cluster, services);
  }

  async stop(): Promise<void> {
    const complaints = this.services.flatMap((service) => service.complaints());
    await Promise.all(this.services.map((service) => service.stop()));
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }

  // Whether the probes stand where the consumer of everything says the heads are.
  async caughtUp(consumers: ListConsumersResponse_Consumer[]): Promise<boolean> {
    return [...heads(consumers)].every(([log, head]) => this.cursor(log) === head);
  }

  async complaints(consumers: ListConsumersResponse_Consumer[]): Promise<string[]> {
    const wrong: string[] = [];
    for (const [log, head] of heads(consumers)) {
      const { shop, source } = parts(log);
      const cursor = this.cursor(log);
      if (cursor !== head) wrong.push(`the probe stands at ${cursor} of ${head} in ${source} of ${shop}`);
      const prefix = `kf:probe:{${shop}}:`;
      const marks = Number(this.cluster.redis.command("ZCARD", `${prefix}${source}`));
      if (BigInt(marks) !== head) wrong.push(`${head} events of ${source} of ${shop} had an effect ${marks} times`);
      const [bad, named] = this.cluster.redis
        .command("EVAL", badMarks, "1", `${prefix}${source}`, `${prefix}seen:${source}-`)
        .split(" ");
      if (bad !== "0") wrong.push(`${bad} events of ${source} of ${shop} had their effect not once: ${named}`);
    }
    return wrong;
  }

  private cursor(log: string): bigint {
    const { shop, source } = parts(log);
    const text = this.cluster.redis.command("HGET", `kf:probe:{${shop}}:cursors`, source);
    return BigInt(text.split(":")[1] ?? 0);
  }
}

// By "shop source".
function heads(consumers: ListConsumersResponse_Consumer[]): Map<string, bigint> {
  const records = consumers.find(({ consumer }) => consumer === "records");
  if (records === undefined) throw new Error("records does not tell how it stands");
  return new Map(records.cursors.map(({ shop, source, headSeq }) => [`${shop} ${source}`, headSeq]));
}

function parts(log: string): { shop: string; source: string } {
  const [shop, source] = log.split(" ");
  return { shop: shop!, source: source! };
}
