// A page of several sections: a file of its own each, and one line in the page's registry.

import type { ComponentType } from "react";
import type { Role } from "../../gen/kefu/options_pb.js";
import type { TextKey } from "../texts.js";
import { useMe } from "./at_work.js";
import { useSpeech } from "./language.js";
import { usePath } from "./route.js";
import "./sections.css";

export interface SectionEntry {
  readonly path: string;
  readonly label: TextKey;
  // Who sees it.
  readonly roles: readonly Role[];
  readonly Section: ComponentType;
}

// `page` is its path, "/admin"; a section's is "/admin/people".
export function Sections({ page, label, sections }: { page: string; label: TextKey; sections: readonly SectionEntry[] }) {
  const { say } = useSpeech();
  const { role } = useMe();
  const path = usePath();
  const mine = sections.filter(({ roles }) => roles.includes(role));
  const current = mine.find((section) => path === `${page}/${section.path}`) ?? mine[0]!;
  return (
    <main className="sectioned">
      <nav className="sections" aria-label={say(label)}>
        {mine.map((section) => (
          <a key={section.path} href={`#${page}/${section.path}`} aria-current={section === current ? "page" : undefined}>
            {say(section.label)}
          </a>
        ))}
      </nav>
      <section className="section">
        <current.Section />
      </section>
    </main>
  );
}
