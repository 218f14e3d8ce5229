import { Role } from "../../gen/kefu/options_pb.js";
import type { Say } from "../texts.js";

const names = { [Role.AGENT]: "agent", [Role.SUPERVISOR]: "supervisor", [Role.ADMIN]: "administrator" } as const;
type StaffRole = keyof typeof names;

export const staffRoles = [Role.AGENT, Role.SUPERVISOR, Role.ADMIN] as const;

export function roleText(say: Say, role: Role): string {
  return role in names ? say(names[role as StaffRole]) : Role[role];
}
