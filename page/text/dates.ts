/** A moment in local time: `2026-11-30 06:21:09`; years beyond four digits as they are. */
export function formatTime(seconds: number): string {
  return `${formatDay(seconds)} ${formatClock(seconds)}`;
}

/** A moment in local time with the zone: `2026-11-30 06:21:09 CET`. */
export function formatTimeWithZone(seconds: number): string {
  return `${formatTime(seconds)} ${zoneOf(seconds)}`;
}

/** The local day: `2026-11-30`. */
export function formatDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s`;
  return dayOf(date.getFullYear(), date.getMonth(), date.getDate());
}

/** A day by its year, month from 0 and date: `2026-11-30`. */
export function dayOf(year: number, month: number, date: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month + 1)}-${two(date)}`;
}

/** The local time of day: `06:21:09`. */
export function formatClock(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour12: false });
}

/** The moment in the format of snapshots: `2026-11-30T05:21:09Z`. */
export function formatUtc(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : `${date.toISOString().slice(0, -5)}Z`;
}

/** Name of the local time zone at a moment: `CET`, `GMT+2`. */
export function zoneOf(seconds: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" })
    .formatToParts(new Date(seconds * 1000));
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

const STEPS: readonly (readonly [string, number])[] = [
  ["year", 365 * 86400],
  ["month", 30 * 86400],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** A span of time in its largest unit: `3 days`. */
export function formatSpan(seconds: number): string {
  for (const [unit, size] of STEPS) {
    // Two days are told as days, 36 hours as hours.
    const count = Math.floor(seconds / size);
    if (count >= (unit === "day" ? 2 : 1)) return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}

/** How long something took: `7 s`, `1 min 30 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 48 * 3600) {
    return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
  }
  return formatSpan(whole);
}

/** How long ago a moment is: `3 days ago`. */
export function formatAge(seconds: number, now: number = Date.now() / 1000): string {
  const age = now - seconds;
  if (age < -60) return `${formatSpan(-age)} ahead`;
  return age < 60 ? "just now" : `${formatSpan(age)} ago`;
}
