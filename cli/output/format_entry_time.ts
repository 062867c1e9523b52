import { localClock } from "../../lib/time/mod.ts";

/** Seconds from 1970, a day inside. */
const YEAR_ONE = -62_135_510_400;
const YEAR_TEN_THOUSAND = 253_402_214_400;

/** The local time `YYYY-MM-DD HH:MM:SS`; the plain seconds of years that have no four digits. */
export function formatEntryTime(seconds: number): string {
  if (!(seconds > YEAR_ONE && seconds < YEAR_TEN_THOUSAND)) return String(seconds);
  return localClock(seconds).toISOString().slice(0, 19).replace("T", " ");
}
