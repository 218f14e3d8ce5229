// What a key or the palette asks for, told to whoever can do it.

export type DeskKey =
  | "next" | "previous" | "longest" | "longestElse" | "close" | "closeAndNext" | "hold" | "note" | "reply" | "transfer" | "accept" | "palette" | "help";

const listeners = new Set<(key: DeskKey) => void>();

export function onDeskKey(listener: (key: DeskKey) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellDeskKey(key: DeskKey): void {
  for (const listener of [...listeners]) listener(key);
}
