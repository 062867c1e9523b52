import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { formatDay } from "../text/dates.ts";
import { formatSize } from "../text/sizes.ts";

/** A value at a moment, seconds since the epoch. */
export interface PlotPoint {
  readonly time: number;
  readonly value: number;
}

/** Sizes in the drawing, pixels; its width is that of its place. */
const HEIGHT = 150;
const [LEFT, RIGHT, TOP, BOTTOM] = [62, 8, 10, 22];

/**
 * The next round number of bytes above a value: 1, 2 or 5 times a power of ten of its binary unit, or
 * one of the next unit.
 */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const unit = 1024 ** Math.max(0, Math.floor(Math.log2(value) / 10));
  const scaled = value / unit;
  const power = 10 ** Math.floor(Math.log10(scaled));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= scaled) ?? 10;
  return step * power < 1000 ? step * power * unit : 1024 * unit;
}

/** Sizes over time, as steps: what is there stays until something changes. */
export function Plot(
  { title, points, tone }: {
    readonly title: string;
    /** In order of time. */
    readonly points: readonly PlotPoint[];
    readonly tone: "first" | "second";
  },
): JSX.Element {
  const [at, setAt] = useState<number>();
  const [width, setWidth] = useState(560);
  const figure = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = figure.current!;
    const sizes = new ResizeObserver(() => setWidth(Math.max(240, element.clientWidth)));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  const [start, end] = [points[0]!.time, points.at(-1)!.time];
  const top = roundUp(Math.max(...points.map(({ value }) => value)));
  const x = (time: number) =>
    LEFT + (end === start ? 0.5 : (time - start) / (end - start)) * (width - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
  let line = `M${x(start)} ${y(points[0]!.value)}`;
  for (const { time, value } of points.slice(1)) {
    line += `H${x(time).toFixed(1)}V${y(value).toFixed(1)}`;
  }
  const area = `${line}V${y(0)}H${x(start)}Z`;
  const last = points.at(-1)!;
  const shown = at === undefined ? last : points[at]!;
  const move = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const place = (event.clientX - box.left) / box.width * width;
    let nearest = 0;
    for (const [index, { time }] of points.entries()) if (x(time) <= place) nearest = index;
    setAt(nearest);
  };
  return (
    <figure ref={figure} class={`plot ${tone}`}>
      <figcaption>
        <span>{title}</span>
        <span class="plot-value">
          <strong>{formatSize(shown.value)}</strong>{" "}
          <span class="faint">{formatDay(shown.time)}</span>
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`${title}: from ${formatSize(points[0]!.value)} on ${formatDay(start)} to ${
          formatSize(last.value)
        } on ${formatDay(end)}`}
        onPointerMove={move}
        onPointerLeave={() => setAt(undefined)}
      >
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line
              class="grid"
              x1={LEFT}
              x2={width - RIGHT}
              y1={y(top * share)}
              y2={y(top * share)}
            />
            <text class="tick" x={LEFT - 8} y={y(top * share) + 4} text-anchor="end">
              {formatSize(top * share)}
            </text>
          </g>
        ))}
        <path class="area" d={area} />
        <path class="curve" d={line} />
        {at !== undefined && (
          <line class="cursor" x1={x(shown.time)} x2={x(shown.time)} y1={TOP} y2={y(0)} />
        )}
        <circle class="dot" cx={x(shown.time)} cy={y(shown.value)} r="3.5" />
        <text class="tick" x={LEFT} y={HEIGHT - 5}>{formatDay(start)}</text>
        {end > start && (
          <text class="tick" x={width - RIGHT} y={HEIGHT - 5} text-anchor="end">
            {formatDay(end)}
          </text>
        )}
      </svg>
    </figure>
  );
}
