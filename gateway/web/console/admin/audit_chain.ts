// Whether the entries of an audit log follow each other. Pure.

export interface Link {
  readonly seq: bigint;
  readonly previousHash: string;
  readonly hash: string;
}

// The first entry that does not follow the one before it; undefined: all do.
export function firstBreak(entries: readonly Link[]): bigint | undefined {
  for (let i = 1; i < entries.length; i += 1) {
    const before = entries[i - 1]!;
    const entry = entries[i]!;
    if (entry.seq !== before.seq + 1n || entry.previousHash !== before.hash) return entry.seq;
  }
  return undefined;
}
