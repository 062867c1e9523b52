import type { JSX } from "preact";
import { formatAge, formatTime, formatTimeWithZone, formatUtc } from "../text/dates.ts";

/** A moment in local time; the zone and UTC are in its title. */
export function Moment(
  { seconds, as = "time" }: {
    readonly seconds: number;
    /** `age`: how long ago; `zone`: with the zone in the text. */
    readonly as?: "time" | "age" | "zone";
  },
): JSX.Element {
  const text = as === "age"
    ? formatAge(seconds)
    : as === "zone"
    ? formatTimeWithZone(seconds)
    : formatTime(seconds);
  return (
    <time
      dateTime={formatUtc(seconds)}
      title={`${formatTimeWithZone(seconds)}, ${formatUtc(seconds)}`}
    >
      {text}
    </time>
  );
}
