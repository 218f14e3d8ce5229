// How long a buyer may have to wait, in whole minutes. Pure.

export interface Wait {
  // Both 0: less than a minute.
  readonly low: number;
  readonly high: number;
}

export function minutesOf(lowSeconds: number, highSeconds: number): Wait {
  const high = Math.ceil(Math.max(0, highSeconds) / 60);
  const low = Math.min(Math.floor(Math.max(0, lowSeconds) / 60), high);
  return high <= 1 && low === 0 ? { low: 0, high: 0 } : { low: Math.max(1, low), high };
}

// When the buyer may wish to be answered: round hours to come, in the buyer's own time.
export function answerTimes(now: Date): Date[] {
  const at = (days: number, hour: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const choices = [at(0, now.getHours() + 2), at(0, 20), at(1, 10), at(1, 15), at(2, 10)];
  const earliest = now.getTime() + 3_600_000;
  const sorted = choices.filter((time) => time.getTime() > earliest).sort((a, b) => a.getTime() - b.getTime());
  return sorted.filter((time, index) => time.getTime() !== sorted[index - 1]?.getTime());
}

// "Tomorrow, 10:00": days as people call them.
export function dayAndTime(locale: string, time: Date, now: Date): string {
  const dayOf = (date: Date) => Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime() / 86_400_000);
  const day = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(dayOf(time) - dayOf(now), "day");
  const hour = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(time);
  return `${day.charAt(0).toLocaleUpperCase(locale)}${day.slice(1)} ${hour}`;
}
