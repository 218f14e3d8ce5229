// Days as the records name them: "2026-11-22". Pure.

const oneDayMs = 86_400_000;

// The day of a moment where the viewer is.
export function dayOf(time: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

export function shifted(day: string, by: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + by * oneDayMs).toISOString().slice(0, 10);
}
