// Collects what the clients of a load did and saw, as records for the history checker.
import type { HistoryRecord, LogEntry, Result } from "../../support/history/record.js";
import { type Entry, Sender_Kind, SystemLine_Kind } from "../../gen/kefu/common/v1/entry_pb.js";

// Microseconds since 1970, never going back.
export function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

export class History {
  readonly records: HistoryRecord[] = [];

  add(record: HistoryRecord): void {
    this.records.push(record);
  }

  count(result: Result): number {
    return this.records.filter((record) => record.result === result && record.client_id !== undefined).length;
  }

  text(): string {
    return this.records.map((record) => `${JSON.stringify(record)}\n`).join("");
  }
}

// Whose request id an entry carries; the system's lines have none of a client's.
export function clientIdOf(entry: Entry): string {
  return entry.sender?.kind === Sender_Kind.SYSTEM ? "" : entry.requestId;
}

export function listing(entries: Entry[]): { seqs: number[]; client_ids: string[] } {
  return { seqs: entries.map((entry) => Number(entry.seq)), client_ids: entries.map(clientIdOf) };
}

export function logEntry(entry: Entry): LogEntry {
  return {
    seq: Number(entry.seq),
    client_id: clientIdOf(entry),
    session: entry.session,
    sender: senderOf(entry),
    buyer_visible: isBuyerVisible(entry),
    joined: joinedAgent(entry),
  };
}

function senderOf(entry: Entry): string {
  if (entry.sender?.kind === Sender_Kind.BUYER) return `buyer:${entry.sender.id}`;
  if (entry.sender?.kind === Sender_Kind.AGENT) return `agent:${entry.sender.id}`;
  return "system";
}

function isBuyerVisible({ content }: Entry): boolean {
  if (content?.kind.case === "note") return false;
  return !(content?.kind.case === "system" && content.kind.value.staffOnly);
}

function joinedAgent({ content }: Entry): string | undefined {
  if (content?.kind.case !== "system" || content.kind.value.kind !== SystemLine_Kind.AGENT_JOINED) return undefined;
  return content.kind.value.parameters.agent;
}
