import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

/** What a badge says, by its colour. */
export type Tone = "good" | "warn" | "bad" | "info" | "plain";

/** A short word about a state. */
export function Badge(
  { tone = "plain", icon, title, children }: {
    readonly tone?: Tone;
    readonly icon?: IconName;
    readonly title?: string;
    readonly children: ComponentChildren;
  },
): JSX.Element {
  return (
    <span class={`badge ${tone}`} title={title}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </span>
  );
}
