/**
 * Time as people read and write it: what the clock on the wall shows where the program runs.
 *
 * The *zone* is that of the variable `TZ`, else that of the machine. A *span* is a length of time as
 * people write it, such as `1h30m`.
 *
 * @module
 */

export { localClock, localOffsetSeconds } from "./local_clock.ts";
export { parseTimeSpan } from "./parse_time_span.ts";
