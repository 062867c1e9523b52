const THOUSAND = 1000;

/** A number with three digits and what it counts thousands of. */
function scaled(value: number, units: readonly string[]): string {
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= THOUSAND;
    unit++;
  }
  return `${digits(value)}${units[unit]}`;
}

/** Three digits, no more behind the point than tell something. */
function digits(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  if (value >= 9.995) return value.toFixed(value % 1 === 0 ? 0 : 1);
  return value.toFixed(value % 1 === 0 ? 0 : 2);
}

/** Text of a count. */
export function amount(count: number): string {
  if (count < 9999.5) return digits(count);
  return scaled(count / THOUSAND, [",000", " million", " billion"].map(String))
    .replace(/^([\d.]+),000$/, (_, thousands) => `${thousands},000`)
    .replace(/^(\d+)\.(\d),000$/, "$1,$200")
    .replace(/^(\d+)\.(\d\d),000$/, "$1,$20");
}

/** Text of a number of bytes, in decimal units. */
export function bytes(count: number): string {
  return scaled(count, [" B", " kB", " MB", " GB", " TB", " PB"]);
}

/** Text of a time in seconds. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${digits(Math.max(seconds, 0.1))} s`;
  if (seconds < 7200) return `${digits(seconds / 60)} min`;
  return seconds < 2 * 86400 ? `${digits(seconds / 3600)} h` : `${digits(seconds / 86400)} days`;
}

/** Text of an amount of money, in dollars. */
export function money(dollars: number): string {
  if (dollars === 0) return "$0";
  if (dollars < 0.01) return "< $0.01";
  return dollars < 1000 ? `$${dollars.toFixed(2)}` : `$${Math.round(dollars).toLocaleString("en")}`;
}
