import { localOffsetSeconds } from "../time/mod.ts";

const DAY_SECONDS = 86_400;

/**
 * The clock on the wall in one zone. A *wall time* is what it shows, as seconds since the epoch as if
 * it showed UTC.
 */
export class ZoneClock {
  readonly #offsetAt: (epochSeconds: number) => number;

  /**
   * @param timeZone Name of a zone; that of the process if absent.
   * @throws {RangeError} if there is no such zone.
   */
  constructor(timeZone: string | undefined) {
    this.#offsetAt = timeZone === undefined ? localOffsetSeconds : namedOffset(timeZone);
  }

  /** Seconds by which the wall is ahead of UTC at a time. */
  offsetAt(epochSeconds: number): number {
    return this.#offsetAt(epochSeconds);
  }

  /** Seconds by which the clock goes back within a day of a time, 0 if it does not. */
  returnNear(epochSeconds: number): number {
    const [before, behind] = this.#offsetsAround(epochSeconds);
    return Math.max(0, before - behind);
  }

  /**
   * When the wall shows a time: once, twice, or never; then it is the moment of the jump.
   *
   * @param wall Wall time, seconds.
   */
  timesOf(wall: number): [first: number, again?: number] {
    const [before, behind] = this.#offsetsAround(wall - this.#offsetAt(wall));
    const times = [...new Set([wall - before, wall - behind])]
      .filter((time) => time + this.#offsetAt(time) === wall);
    if (times.length === 2) return [Math.min(...times), Math.max(...times)];
    return times.length === 1 ? [times[0]!] : [this.#jumpOver(wall)];
  }

  #offsetsAround(epochSeconds: number): [before: number, behind: number] {
    return [
      this.#offsetAt(epochSeconds - DAY_SECONDS),
      this.#offsetAt(epochSeconds + DAY_SECONDS),
    ];
  }

  /** The first second at which the wall shows more than what it never shows. */
  #jumpOver(wall: number): number {
    let [low, high] = [wall - 2 * DAY_SECONDS, wall + 2 * DAY_SECONDS];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (middle + this.#offsetAt(middle) > wall) high = middle;
      else low = middle;
    }
    return high;
  }
}

function namedOffset(timeZone: string): (epochSeconds: number) => number {
  if (timeZone === "UTC") return () => 0;
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  return (epochSeconds) => {
    const name = format.formatToParts(epochSeconds * 1000)
      .find((part) => part.type === "timeZoneName")!.value;
    const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
    if (match === null) throw new RangeError(`the zone ${timeZone} is ahead of UTC by '${name}'`);
    const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    return sign === "-" ? -offset : offset;
  };
}
