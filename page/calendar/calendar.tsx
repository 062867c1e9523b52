import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { PageSnapshot } from "../../lib/page/page_api.ts";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { formatDay } from "../text/dates.ts";
import { type DayState, dayStates, describeDay } from "./day_state.ts";
import { type Month, monthOf, shiftDay, shiftMonth, weeksOf } from "./month_days.ts";

/** Months that stand beside each other; on a narrow screen the last one alone. */
const MONTHS = 3;
const WEEKDAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/** The snapshots of a group by days; a day can be chosen, with arrow keys too. */
export function Calendar(
  { snapshots, chosen, onChoose }: {
    readonly snapshots: readonly PageSnapshot[];
    readonly chosen: string | undefined;
    readonly onChoose: (day: string | undefined) => void;
  },
): JSX.Element {
  const days = useMemo(() => dayStates(snapshots), [snapshots]);
  const newest = formatDay(snapshots[0]!.time);
  const [active, setActive] = useState(chosen ?? newest);
  const [last, setLast] = useState<Month>(monthOf(chosen ?? newest));
  const root = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);
  // Before the next key can come: it would meet the day that had the focus.
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    root.current?.querySelector<HTMLElement>("[tabindex='0'][data-day]")?.focus();
  });
  const shown = Array.from({ length: MONTHS }, (_, index) => shiftMonth(last, index + 1 - MONTHS));
  const turn = (by: number) => {
    setLast(shiftMonth(last, by));
  };
  const goTo = (day: string) => {
    const month = monthOf(day);
    const distance = (last.year - month.year) * 12 + last.month - month.month;
    if (distance < 0) setLast(month);
    else if (distance >= MONTHS) setLast(shiftMonth(month, MONTHS - 1));
    setActive(day);
    wantsFocus.current = true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -7,
      ArrowDown: 7,
      PageUp: -30,
      PageDown: 30,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    goTo(shiftDay(active, step));
  };
  // Exactly one day takes the focus; if the active one is out of sight, the last of the last month.
  const visible = shown.flatMap((month) => weeksOf(month).flat()).filter((day) =>
    day !== undefined
  );
  const stop = visible.includes(active) ? active : visible.at(-1);
  return (
    <div class="calendar" ref={root}>
      <div class="calendar-turn">
        <Button kind="quiet" icon="left" label="Earlier months" onPress={() => turn(-1)} />
        <Button
          kind="quiet"
          onPress={() => {
            setLast(monthOf(newest));
            setActive(newest);
          }}
        >
          Newest
        </Button>
        <Button kind="quiet" icon="chevron" label="Later months" onPress={() => turn(1)} />
      </div>
      <div class="months" onKeyDown={onKeyDown}>
        {shown.map((month) => (
          <MonthTable
            key={`${month.year} ${month.month}`}
            month={month}
            days={days}
            stop={stop}
            chosen={chosen}
            onChoose={(day) => {
              setActive(day);
              onChoose(day === chosen ? undefined : day);
            }}
          />
        ))}
      </div>
      <Legend />
    </div>
  );
}

function MonthTable(
  { month, days, stop, chosen, onChoose }: {
    readonly month: Month;
    readonly days: ReadonlyMap<string, DayState>;
    readonly stop: string | undefined;
    readonly chosen: string | undefined;
    readonly onChoose: (day: string) => void;
  },
): JSX.Element {
  const name = new Date(month.year, month.month, 1)
    .toLocaleDateString("en", { month: "long", year: "numeric" });
  return (
    <table class="month">
      <caption>{name}</caption>
      <thead>
        <tr>{WEEKDAYS.map((day) => <th key={day} scope="col">{day}</th>)}</tr>
      </thead>
      <tbody>
        {weeksOf(month).map((week, index) => (
          <tr key={index}>
            {week.map((day, place) => (
              <td key={place}>
                {day !== undefined && (
                  <Day
                    day={day}
                    state={days.get(day)}
                    isStop={day === stop}
                    isChosen={day === chosen}
                    onChoose={onChoose}
                  />
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Day(
  { day, state, isStop, isChosen, onChoose }: {
    readonly day: string;
    readonly state: DayState | undefined;
    readonly isStop: boolean;
    readonly isChosen: boolean;
    readonly onChoose: (day: string) => void;
  },
): JSX.Element {
  const tone = state === undefined
    ? "none"
    : state.damaged > 0
    ? "bad"
    : state.verified === state.count
    ? "verified"
    : "some";
  return (
    <button
      type="button"
      class={`day ${tone}${day === formatDay(Date.now() / 1000) ? " today" : ""}`}
      data-day={day}
      tabIndex={isStop ? 0 : -1}
      aria-pressed={isChosen}
      aria-label={describeDay(day, state)}
      title={describeDay(day, state)}
      onClick={() => onChoose(day)}
    >
      <span>{Number(day.slice(-2))}</span>
      {state !== undefined && state.count > 1 && (
        <span
          class="day-count"
          data-count={state.count}
        />
      )}
      {state !== undefined && (
        <span class="day-marks">
          {state.isProtected && <Icon name="lock" />}
          {state.isEncrypted && <Icon name="key" />}
          {state.damaged > 0 && <Icon name="warning" />}
        </span>
      )}
    </button>
  );
}

function Legend(): JSX.Element {
  return (
    <ul class="legend" aria-hidden="true">
      <li>
        <span class="swatch some" /> snapshot
      </li>
      <li>
        <span class="swatch verified" /> verified
      </li>
      <li>
        <span class="swatch bad" /> damaged
      </li>
      <li>
        <Icon name="lock" /> protected
      </li>
      <li>
        <Icon name="key" /> encrypted
      </li>
    </ul>
  );
}
