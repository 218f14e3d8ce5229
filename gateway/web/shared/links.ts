// Addresses in what people write. Only http and https become links; everything else stays text.

export interface Part {
  readonly text: string;
  // Absent: plain text.
  readonly href?: string;
}

// Up to a blank, a quote, a bracket, or Chinese punctuation, none of which belongs to an address as people write it.
const address = /\bhttps?:\/\/[^\s"'<>`{}|\\^（）【】《》「」，。；：！？、“”]+/gi;
// What ends a sentence rather than an address.
const trailing = /[.,;:!?]+$/;

export function splitLinks(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(address)) {
    const shown = withoutTail(match[0]);
    const href = safeHref(shown);
    if (href === undefined) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: shown, href });
    at = match.index + shown.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

// The address, if it is one that a page may lead to: http or https, and no name or password before the host, which
// makes one place look like another.
export function safeHref(url: string): string | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return undefined;
  }
  const web = parsed.protocol === "https:" || parsed.protocol === "http:";
  return web && parsed.username === "" && parsed.password === "" ? parsed.href : undefined;
}

function withoutTail(found: string): string {
  const bare = found.replace(trailing, "");
  // "(see https://example.com/a)" ends before the bracket, "https://example.com/a_(b)" behind it.
  const unopened = bare.endsWith(")") && !bare.includes("(");
  return unopened ? withoutTail(bare.slice(0, -1)) : bare;
}
