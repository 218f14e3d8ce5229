// What the store held in the end, per conversation: the last reading of the whole log by staff, and by the buyer.
import type { Audience, HistoryRecord, LogEntry, Result } from "./record.js";

export interface Write {
  process: string;
  conversation: string;
  client_id: string;
  t_invoke: number;
  t_return: number;
  result: Result;
  seq?: number;
}

export interface Reading {
  process: string;
  audience: Audience;
  t_invoke: number;
  t_return: number;
  epoch: number;
  seqs: number[];
  client_ids: string[];
  entries?: LogEntry[];
}

export interface View {
  process: string;
  audience: Audience;
  session?: string;
  epoch: number;
  seqs: number[];
  client_ids: string[];
  complete: boolean;
}

export interface Routed {
  session: string;
  agent: string;
}

// Everything known of one conversation, in the order of t_invoke.
export interface Conversation {
  id: string;
  routed: Routed[];
  writes: Write[];
  readings: Reading[];
  views: View[];
}

export function byConversation(records: readonly HistoryRecord[]): Conversation[] {
  const conversations = new Map<string, Conversation>();
  const of = (id: string): Conversation => {
    let known = conversations.get(id);
    if (known === undefined) {
      known = { id, routed: [], writes: [], readings: [], views: [] };
      conversations.set(id, known);
    }
    return known;
  };
  for (const record of [...records].sort((a, b) => a.t_invoke - b.t_invoke)) {
    if (record.conversation === undefined || record.conversation === "") continue;
    const conversation = of(record.conversation);
    if (record.op === "open" || record.op === "send") conversation.writes.push(asWrite(record));
    if (record.op === "read" && record.result === "ok") conversation.readings.push(asReading(record));
    if (record.op === "routed") conversation.routed.push({ session: record.session!, agent: record.agent! });
    if (record.op === "view") conversation.views.push(asView(record));
  }
  return [...conversations.values()];
}

// The log as the last reader of this audience found it; undefined if nobody read it.
export function finalLog(conversation: Conversation, audience: Audience): Reading | undefined {
  return conversation.readings.filter((reading) => reading.audience === audience).at(-1);
}

function asWrite(record: HistoryRecord): Write {
  const { process, conversation, client_id, t_invoke, t_return, result, seq } = record;
  if (client_id === undefined || result === undefined || (result === "ok" && seq === undefined)) {
    throw new Error(`a write without client_id, result or seq: ${JSON.stringify(record)}`);
  }
  return { process, conversation: conversation!, client_id, t_invoke, t_return, result, seq };
}

function asReading(record: HistoryRecord): Reading {
  const { process, t_invoke, t_return, epoch, entries } = record;
  const { audience, seqs, client_ids } = listed(record);
  return { process, audience, t_invoke, t_return, epoch: epoch ?? 1, seqs, client_ids, entries };
}

function asView(record: HistoryRecord): View {
  const { process, session, epoch, complete } = record;
  return { process, session, epoch: epoch ?? 1, complete: complete ?? false, ...listed(record) };
}

function listed(record: HistoryRecord): { audience: Audience; seqs: number[]; client_ids: string[] } {
  const { audience, seqs, client_ids } = record;
  if (audience === undefined || seqs === undefined || client_ids?.length !== seqs.length) {
    throw new Error(`a ${record.op} without audience, seqs or as many client_ids: ${JSON.stringify(record)}`);
  }
  return { audience, seqs, client_ids };
}
