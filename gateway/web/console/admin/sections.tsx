// The sections of administration. One is a file of its own and one line here.

import { Role } from "../../gen/kefu/options_pb.js";
import type { SectionEntry } from "../frame/sections.js";
import { Audit } from "./audit.js";
import { Groups } from "./groups.js";
import { Keys } from "./keys.js";
import { People } from "./people.js";
import { Shop } from "./shop.js";
import { Webhooks } from "./webhooks.js";

export const sections: readonly SectionEntry[] = [
  { path: "people", label: "people", roles: [Role.ADMIN], Section: People },
  { path: "groups", label: "routing", roles: [Role.ADMIN, Role.SUPERVISOR], Section: Groups },
  { path: "shop", label: "shop", roles: [Role.ADMIN], Section: Shop },
  { path: "keys", label: "apiKeys", roles: [Role.ADMIN], Section: Keys },
  { path: "webhooks", label: "webhooks", roles: [Role.ADMIN], Section: Webhooks },
  { path: "audit", label: "auditLog", roles: [Role.ADMIN], Section: Audit },
];
