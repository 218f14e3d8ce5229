// A forecast as people write it: a number for each interval, apart by blanks, commas or lines. Pure.

// undefined: something there is no number.
export function forecastOf(written: string): number[] | undefined {
  const words = written.split(/[\s,;，；、]+/).filter((word) => word !== "");
  const numbers = words.map(Number);
  return numbers.every((number) => Number.isFinite(number) && number >= 0) ? numbers : undefined;
}

// As much more as `percent` says (less, if below 0).
export function grown(numbers: readonly number[], percent: number): number[] {
  return numbers.map((number) => Math.round(number * (100 + percent)) / 100);
}
