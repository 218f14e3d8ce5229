// A shop's routing configuration as tests write it: the JSON that kefuctl takes, too.
import { type JsonObject, fromJson } from "@bufbuild/protobuf";

import { type RoutingConfig, RoutingConfigSchema } from "../gen/kefu/gateway/v1/routing_config_pb.js";
import type { Clients } from "./clients.js";
import { requestId } from "./people.js";
import { eventually } from "./wait.js";

export interface ConfigJson extends JsonObject {
  skills: JsonObject[];
  groups: JsonObject[];
  rules: JsonObject[];
  hours: JsonObject[];
}

export function configOf(json: ConfigJson): RoutingConfig {
  return fromJson(RoutingConfigSchema, json);
}

// Three groups: returns, which asks for a skill and relaxes; english, by language; sales, for everything else.
export function shopConfig(): ConfigJson {
  const everyDay = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
  return {
    skills: [
      { skill: "returns", displayName: "退货" },
      { skill: "sales", displayName: "售前" },
    ],
    languages: ["zh-CN", "en"],
    groups: [
      {
        group: "returns",
        requirements: [{ skill: "returns", level: 3 }],
        relaxation: [
          { after: "300s", lowerLevelsBy: 1 },
          { after: "600s", overflowGroup: "sales" },
        ],
      },
      { group: "english", languages: ["en"], requirements: [{ skill: "sales", level: 1 }] },
      { group: "sales", languages: ["zh-CN"], requirements: [{ skill: "sales", level: 1 }] },
    ],
    rules: [
      { categories: ["CATEGORY_AFTER_SALES"], group: "returns" },
      { languages: ["en"], group: "english" },
    ],
    defaultGroup: "sales",
    hours: [
      {
        hours: "always",
        timeZone: "Asia/Shanghai",
        weekly: [{ weekdays: everyDay.map((day) => `WEEKDAY_${day}`), span: { from: "00:00", to: "24:00" } }],
      },
      {
        hours: "past",
        timeZone: "Asia/Shanghai",
        exceptions: [{ date: "2020-01-01", spans: [{ from: "09:00", to: "18:00" }] }],
      },
    ],
  };
}

// One group "desk" that everybody serves, as `group` says; without a wrap-up and a last agent unless `config` says so.
export function deskConfig(group: JsonObject = {}, config: JsonObject = {}): ConfigJson {
  return {
    skills: [],
    languages: ["zh-CN", "en"],
    groups: [{ group: "desk", displayName: "Desk", ...group }],
    rules: [],
    defaultGroup: "desk",
    hours: [],
    timeouts: { wrapUp: "0s" },
    sticky: { disabled: true },
    ...config,
  };
}

// Sets it and waits until routing follows.
export async function setRouting(admin: Clients, config: ConfigJson): Promise<void> {
  await admin.routing.setRoutingConfig({ requestId: requestId(), config: configOf(config) });
  await eventually("the configuration is in force", async () => {
    const { inForce } = await admin.routing.getRoutingConfig({});
    return inForce;
  });
}
