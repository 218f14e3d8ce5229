// Times and spans as the staff reads them.

import { timestampDate, type Duration, type Timestamp } from "@bufbuild/protobuf/wkt";
import { useSyncExternalStore } from "react";

// 0:07, 12:30, 1:02:03.
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export function durationMs(duration: Duration | undefined): number {
  return duration ? Number(duration.seconds) * 1000 + duration.nanos / 1e6 : 0;
}

export function momentText(locale: string, time: Timestamp | Date | undefined): string {
  if (!time) return "";
  const date = time instanceof Date ? time : timestampDate(time);
  if (Number.isNaN(date.getTime())) return "";
  const today = new Date().toDateString() === date.toDateString();
  return formatOf(locale, today).format(date);
}

// Making one takes longer than using it a hundred times.
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(locale: string, today: boolean): Intl.DateTimeFormat {
  const key = `${locale} ${today}`;
  let format = formats.get(key);
  if (!format) {
    const day: Intl.DateTimeFormatOptions = today ? {} : { month: "short", day: "numeric" };
    format = new Intl.DateTimeFormat(locale, { ...day, hour: "2-digit", minute: "2-digit" });
    formats.set(key, format);
  }
  return format;
}

// One clock for all who show the time, so that a second draws them together, and nothing else. It stands still while
// nobody looks at it.
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const lookers = new Set<() => void>();

function read(): number {
  if (!timer) now = Math.floor(Date.now() / 1000) * 1000;
  return now;
}

function tick(): void {
  now = Date.now();
  for (const looker of lookers) looker();
}

function look(looker: () => void): () => void {
  lookers.add(looker);
  if (!timer) {
    now = Date.now();
    timer = setInterval(tick, 1000);
  }
  return () => {
    lookers.delete(looker);
    if (lookers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

// The time, as long as somebody looks at it: drawn anew each second.
export function useNow(): number {
  return useSyncExternalStore(look, read);
}
