// The keys of the desk. All but the palette's are single keys, which count only while nothing is being written.

import type { TextKey } from "../../texts.js";
import type { DeskKey } from "./events.js";

export interface Binding {
  readonly key: DeskKey;
  readonly label: TextKey;
  // As KeyboardEvent.key has it.
  readonly press: string;
}

export const bindings: readonly Binding[] = [
  { key: "next", label: "next", press: "j" },
  { key: "previous", label: "previous", press: "k" },
  { key: "longest", label: "longestWaiting", press: "l" },
  { key: "accept", label: "accept", press: "a" },
  { key: "reply", label: "reply", press: "r" },
  { key: "note", label: "note", press: "n" },
  { key: "transfer", label: "transfer", press: "t" },
  { key: "hold", label: "hold", press: "h" },
  { key: "close", label: "close", press: "e" },
  { key: "closeAndNext", label: "closeAndNext", press: "E" },
  { key: "help", label: "keys", press: "?" },
];

export const palettePress = "Ctrl+K";

export function pressed({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, writing: boolean): DeskKey | undefined {
  if ((ctrlKey || metaKey) && key.toLowerCase() === "k") return "palette";
  if (ctrlKey || metaKey || altKey || writing) return undefined;
  return bindings.find(({ press }) => press === key)?.key;
}
