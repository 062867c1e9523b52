import type { JSX } from "preact";
import { formatAge, formatTimeWithZone, formatUtc } from "../text/dates.ts";

/** A moment in local time; the zone and UTC are in its title. */
export function Moment(
  { seconds, as = "time" }: {
    readonly seconds: number;
    /** `age`: how long ago; `zone`: with the zone in the text. */
    readonly as?: "time" | "age" | "zone";
  },
): JSX.Element {
  // Where there is no room for a line, day and time of day stand in two, neither broken.
  const [day, clock, zone] = formatTimeWithZone(seconds).split(" ");
  return (
    <time
      dateTime={formatUtc(seconds)}
      title={`${formatTimeWithZone(seconds)}, ${formatUtc(seconds)}`}
    >
      {as === "age" ? formatAge(seconds) : (
        <>
          <span class="phrase">{day}</span>{" "}
          <span class="phrase">{clock}{as === "zone" && ` ${zone}`}</span>
        </>
      )}
    </time>
  );
}
