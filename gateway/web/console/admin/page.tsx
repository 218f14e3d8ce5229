// Running the shop: people, groups, keys, the audit log.

import { Sections } from "../frame/sections.js";
import { sections } from "./sections.js";
import "./admin.css";

export default function AdminPage() {
  return <Sections page="/admin" label="admin" sections={sections} />;
}
