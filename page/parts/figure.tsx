import type { ComponentChildren, JSX } from "preact";

/** A number with its name, and a remark below. */
export function Figure(
  { name, value, children }: {
    readonly name: string;
    readonly value: ComponentChildren;
    readonly children?: ComponentChildren;
  },
): JSX.Element {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="figure-value">{value}</dd>
      {children && <dd class="figure-note">{children}</dd>}
    </div>
  );
}
