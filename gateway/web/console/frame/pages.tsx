// The pages of the frame. A page is a folder of its own and one line here.

import { lazy, type ComponentType } from "react";
import { Role } from "../../gen/kefu/options_pb.js";
import type { TextKey } from "../texts.js";

export interface PageEntry {
  readonly path: string;
  readonly label: TextKey;
  // Who sees it.
  readonly roles: readonly Role[];
  readonly Page: ComponentType;
}

export const pages: readonly PageEntry[] = [
  { path: "/desk", label: "desk", roles: [Role.AGENT, Role.SUPERVISOR], Page: lazy(() => import("../desk/page.js")) },
  { path: "/board", label: "board", roles: [Role.SUPERVISOR, Role.ADMIN], Page: lazy(() => import("../board/page.js")) },
  { path: "/figures", label: "figures", roles: [Role.SUPERVISOR, Role.ADMIN], Page: lazy(() => import("../figures/page.js")) },
  { path: "/search", label: "search", roles: [Role.AGENT, Role.SUPERVISOR, Role.ADMIN], Page: lazy(() => import("../search/page.js")) },
  { path: "/planning", label: "planning", roles: [Role.SUPERVISOR, Role.ADMIN], Page: lazy(() => import("../planning/page.js")) },
  { path: "/admin", label: "admin", roles: [Role.ADMIN, Role.SUPERVISOR], Page: lazy(() => import("../admin/page.js")) },
];
