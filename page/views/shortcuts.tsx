import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { show } from "../state/route.ts";
import { session } from "../state/session.ts";

const KEYS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ["Everywhere", [
    ["?", "these keys"],
    ["g d", "datastores"],
    ["g j", "jobs, on a server"],
    ["g t", "tasks"],
    ["/", "search, in a snapshot"],
    ["Esc", "close a dialog or a menu"],
    ["Alt ←", "back"],
  ]],
  ["In the tree of files", [
    ["↑ ↓", "next and previous row"],
    ["→", "open a folder, then into it"],
    ["←", "close a folder, then out of it"],
    ["Enter", "show the entry beside the tree"],
    ["Home End", "first and last row"],
    ["Page ↑ ↓", "a screen further"],
    ["a … z", "next name that begins so"],
  ]],
  ["In the calendar", [
    ["← →", "day before and after"],
    ["↑ ↓", "week before and after"],
    ["Page ↑ ↓", "month before and after"],
    ["Enter", "show the snapshots of the day"],
  ]],
];

/** The list of keys. */
export function Shortcuts({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={onClose} wide>
      <div class="dialog-body shortcuts">
        {KEYS.map(([place, keys]) => (
          <section key={place}>
            <h3>{place}</h3>
            <dl>
              {keys.map(([key, meaning]) => (
                <div key={key}>
                  <dt>{key.split(" ").map((each) => <kbd key={each}>{each}</kbd>)}</dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Milliseconds in which the second key has to follow. */
const PAIR_MS = 1200;

/** Listens to the keys that work everywhere. */
export function useShortcuts(showKeys: () => void): void {
  useEffect(() => {
    let first = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
      const isSecond = event.timeStamp - first < PAIR_MS;
      first = event.key === "g" ? event.timeStamp : 0;
      if (event.key === "?") showKeys();
      else if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("input[type=search]");
        if (field === null) return;
        field.focus();
        field.select();
      } else if (isSecond && event.key === "d") show({ view: "stores" });
      else if (isSecond && event.key === "t") show({ view: "tasks" });
      else if (isSecond && event.key === "j" && session.value?.mode === "serve") {
        show({ view: "jobs" });
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [showKeys]);
}
