// Running the shop: people, groups, keys, the audit log.

import { useMe } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import { usePath } from "../frame/route.js";
import { sections } from "./sections.js";
import "./admin.css";

export default function AdminPage() {
  const { say } = useSpeech();
  const { role } = useMe();
  const path = usePath();
  const mine = sections.filter(({ roles }) => roles.includes(role));
  const current = mine.find((section) => path === `/admin/${section.path}`) ?? mine[0]!;
  return (
    <main className="admin">
      <nav className="sections" aria-label={say("admin")}>
        {mine.map(({ path: to, label }) => (
          <a key={to} href={`#/admin/${to}`} aria-current={to === current.path ? "page" : undefined}>
            {say(label)}
          </a>
        ))}
      </nav>
      <section className="section">
        <current.Section />
      </section>
    </main>
  );
}
