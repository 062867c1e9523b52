import type { JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

/** A choice of a menu. */
export interface MenuItem {
  readonly text: string;
  readonly icon?: IconName;
  readonly isDangerous?: boolean;
  readonly act: () => void;
}

/** A button that opens a list of choices; arrow keys move, Escape closes. */
export function Menu(
  { label, text, items }: {
    /** Its full name, for readers of the screen. */
    readonly label: string;
    /** Without a text, three dots stand for it. */
    readonly text?: string;
    readonly items: readonly MenuItem[];
  },
): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  // Before the next key can come: it would meet the button.
  useLayoutEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const leave = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    addEventListener("pointerdown", leave);
    return () => removeEventListener("pointerdown", leave);
  }, [isOpen]);
  if (items.length === 0) return null;
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const choices = [...root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? []];
    const at = choices.indexOf(document.activeElement as HTMLElement);
    const target = {
      ArrowDown: choices[(at + 1) % choices.length],
      ArrowUp: choices[(at - 1 + choices.length) % choices.length],
      Home: choices[0],
      End: choices.at(-1),
    }[event.key];
    if (target !== undefined) target.focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") return setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={root}>
      <button
        type="button"
        ref={button}
        class={`button ${text === undefined ? "quiet only-icon" : "plain"}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={label}
        onClick={() => setOpen(!isOpen)}
      >
        {text === undefined ? <Icon name="more" /> : (
          <>
            <span>{text}</span>
            <span class="turned">
              <Icon name="chevron" />
            </span>
          </>
        )}
      </button>
      {isOpen && (
        <div class="menu-list" role="menu" id={id} aria-label={label} onKeyDown={onKeyDown}>
          {items.map((item) => (
            <button
              type="button"
              role="menuitem"
              tabIndex={-1}
              key={item.text}
              class={`menu-item${item.isDangerous ? " danger" : ""}`}
              onClick={() => {
                close();
                item.act();
              }}
            >
              {item.icon && <Icon name={item.icon} />}
              <span>{item.text}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
