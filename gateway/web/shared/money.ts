// Amounts in minor units, exactly, as people of a locale write them.

export function moneyText(locale: string, currency: string, minorUnits: bigint): string {
  let format: Intl.NumberFormat;
  try {
    format = new Intl.NumberFormat(locale, { style: "currency", currency });
  } catch {
    return `${minorUnits} ${currency}`.trim();
  }
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const scale = 10n ** BigInt(digits);
  const size = minorUnits < 0n ? -minorUnits : minorUnits;
  const fraction = digits === 0 ? "" : `.${String(size % scale).padStart(digits, "0")}`;
  // A decimal string is formatted exactly; the type does not know of it yet.
  return format.format(`${minorUnits < 0n ? "-" : ""}${size / scale}${fraction}` as unknown as number);
}
