// Decides over a history whether kefu kept its promises. Pure: records in, verdict out.
import { byConversation } from "./log.js";
import type { HistoryRecord } from "./record.js";
import { type Rule, type Violation, conversationRules, historyRules } from "./rules.js";

export interface Verdict {
  violations: Violation[];
  // What was checked, so that an empty history is not taken for a good one.
  conversations: number;
  ok: number;
  fail: number;
  unknown: number;
  views: number;
  ownerships: number;
}

export function check(records: readonly HistoryRecord[]): Verdict {
  const conversations = byConversation(records);
  const writes = conversations.flatMap((conversation) => conversation.writes);
  const count = (result: string) => writes.filter((write) => write.result === result).length;
  return {
    violations: [
      ...conversations.flatMap((conversation) => conversationRules.flatMap((rule) => rule(conversation))),
      ...historyRules.flatMap((rule) => rule(records)),
    ],
    conversations: conversations.length,
    ok: count("ok"),
    fail: count("fail"),
    unknown: count("unknown"),
    views: conversations.reduce((sum, conversation) => sum + conversation.views.length, 0),
    ownerships: records.filter((record) => record.op === "own" && record.event === "held").length,
  };
}

export function broken(verdict: Verdict): Set<Rule> {
  return new Set(verdict.violations.map((violation) => violation.rule));
}

export function describe(verdict: Verdict): string {
  const { violations, conversations, ok, fail, unknown, views, ownerships } = verdict;
  const counts = `${conversations} conversations, ${ok} acknowledged, ${fail} refused, ${unknown} unknown, ${views} views, ${ownerships} ownerships`;
  const shown = violations.slice(0, 20).map(({ rule, subject, message }) => `  ${rule} ${subject}: ${message}`);
  const more = violations.length > shown.length ? [`  … and ${violations.length - shown.length} more`] : [];
  return [`${counts}: ${violations.length} violations`, ...shown, ...more].join("\n");
}
