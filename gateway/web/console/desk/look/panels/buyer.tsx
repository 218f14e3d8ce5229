// Who asks, from where, about what.

import { Category } from "../../../../gen/kefu/common/v1/entry_pb.js";
import { safeHref } from "../../../../shared/links.js";
import { useSpeech } from "../../../frame/language.js";
import { categoryKeys } from "../../../words/categories.js";
import { nameOf, rankKey } from "../../lists/names.js";
import { momentText } from "../../times.js";
import type { PanelProps } from "../panels.js";
import { Facts } from "./facts.js";

export function BuyerPanel({ look: { profile }, session }: PanelProps) {
  const { locale, say } = useSpeech();
  const rank = rankKey(session);
  const category = session.triage?.category ?? session.opening?.category ?? Category.UNSPECIFIED;
  const url = session.opening?.page?.url ?? "";
  const href = safeHref(url);
  return (
    <Facts
      facts={[
        [say("buyer"), rank ? `${nameOf(say, session)} · ${say(rank)}` : nameOf(say, session)],
        [say("category"), say(categoryKeys[category] ?? "catUnspecified")],
        [
          say("page"),
          href === undefined ? "" : (
            <a href={href} target="_blank" rel="noopener noreferrer nofollow">
              {url}
            </a>
          ),
        ],
        [say("sessionsSoFar"), profile ? String(profile.sessions) : ""],
        [say("firstContact"), momentText(locale, profile?.firstContactTime)],
        [say("lastContact"), momentText(locale, profile?.lastContactTime)],
      ]}
    />
  );
}
