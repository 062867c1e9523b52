import type { JSX } from "preact";
import { formatShare } from "../text/sizes.ts";

/** A share as a bar: of space that is taken. */
export function Meter(
  { share, label }: { readonly share: number; readonly label: string },
): JSX.Element {
  const bounded = Math.max(0, Math.min(1, share));
  const tone = bounded >= 0.95 ? "bad" : bounded >= 0.85 ? "warn" : "good";
  return (
    <span
      class={`meter ${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(bounded * 100)}
      aria-valuetext={formatShare(bounded)}
    >
      <span class="meter-fill" style={{ width: `${bounded * 100}%` }} />
    </span>
  );
}
