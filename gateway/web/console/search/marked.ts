// A text in parts, by the bytes that a search marks in it. Pure.

export interface Part {
  readonly text: string;
  readonly found: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// Spans in bytes of the text's UTF-8; overlapping and unordered ones are taken as one.
export function marked(text: string, spans: readonly { readonly begin: number; readonly end: number }[]): Part[] {
  const bytes = encoder.encode(text);
  const parts: Part[] = [];
  const add = (begin: number, end: number, found: boolean) => {
    if (begin < end) parts.push({ text: decoder.decode(bytes.subarray(begin, end)), found });
  };
  let at = 0;
  for (const { begin, end } of [...spans].sort((a, b) => a.begin - b.begin)) {
    const from = Math.max(at, begin);
    if (from >= end) continue;
    add(at, from, false);
    add(from, end, true);
    at = end;
  }
  add(at, bytes.length, false);
  return parts;
}
