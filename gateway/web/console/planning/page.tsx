// Planning: how many agents a load needs, and what another routing configuration would have done.

import { Role } from "../../gen/kefu/options_pb.js";
import { Sections, type SectionEntry } from "../frame/sections.js";
import { Forecast } from "./forecast/section.js";
import { Staffing } from "./staffing.js";
import { WhatIf } from "./what_if/section.js";
import "./planning.css";

const roles = [Role.SUPERVISOR, Role.ADMIN];

const sections: readonly SectionEntry[] = [
  { path: "staffing", label: "staffing", roles, Section: Staffing },
  { path: "forecast", label: "forecast", roles, Section: Forecast },
  { path: "what-if", label: "whatIf", roles, Section: WhatIf },
];

export default function PlanningPage() {
  return <Sections page="/planning" label="planning" sections={sections} />;
}
