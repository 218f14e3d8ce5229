// One line of a history: what a client did and what it was told (deploy/ctl/history.md). The load generator of
// tests/faults writes the same lines with a little more: `shop`, `entries` on readings by staff, `load` and `routed` lines.
export type Result = "ok" | "fail" | "unknown";
export type Audience = "buyer" | "staff";

// An entry as a staff reader of the whole log sees it.
export interface LogEntry {
  seq: number;
  client_id: string;
  session: string;
  // "buyer:b_…", "agent:a_…" or "system".
  sender: string;
  buyer_visible: boolean;
  // The agent whom a line "agent joined" names.
  joined?: string;
}

export interface HistoryRecord {
  process: string;
  // load: an agent's stream named its load, or a supervisor counted it at rest (`held`).
  // routed: who owns a live session in the end, as routing says; `agent` is empty if it waits.
  op: "open" | "send" | "read" | "own" | "view" | "load" | "routed";
  t_invoke: number;
  t_return: number;
  shop?: string;
  conversation?: string;
  client_id?: string;
  result?: Result;
  reason?: string;
  epoch?: number;
  seq?: number;
  seqs?: number[];
  client_ids?: string[];
  session?: string;
  fence?: number;
  audience?: Audience;
  event?: "held" | "released";
  complete?: boolean;
  entries?: LogEntry[];
  agent?: string;
  used?: number;
  capacity?: number;
  // The weight of the sessions that the agent holds.
  held?: number;
}

export function parseHistory(text: string): HistoryRecord[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line, index) => {
      try {
        return JSON.parse(line) as HistoryRecord;
      } catch {
        throw new Error(`line ${index + 1} of the history is not JSON`);
      }
    });
}
