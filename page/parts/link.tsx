import type { ComponentChildren, JSX } from "preact";
import { hashOf, type Route, show } from "../state/route.ts";

/** A link within the page. */
export function Link(
  { to, class: name, current, label, children }: {
    readonly to: Route;
    readonly class?: string;
    /** Whether it leads to what is shown. */
    readonly current?: boolean;
    readonly label?: string;
    readonly children: ComponentChildren;
  },
): JSX.Element {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(to);
  };
  return (
    <a
      href={hashOf(to)}
      class={name ?? ""}
      aria-current={current ? "page" : undefined}
      aria-label={label}
      onClick={follow}
    >
      {children}
    </a>
  );
}
