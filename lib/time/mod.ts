/**
 * Local time: what the clock on the wall shows where the program runs.
 *
 * The *zone* is that of the variable `TZ`, else that of the machine.
 *
 * @module
 */

export { localClock, localOffsetSeconds } from "./local_clock.ts";
