import type { ComponentChildren, JSX } from "preact";
import type { PageError } from "../requests/page_error.ts";
import type { Loaded } from "../state/use_load.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { Name } from "./name.tsx";

const TITLES: Partial<Record<PageError["code"], string>> = {
  unreachable: "No connection",
  forbidden: "Not allowed",
  "not-found": "Not there",
  encrypted: "Encrypted",
  damaged: "Damaged",
  busy: "Busy",
  login: "Not logged in",
};

/** The way out, after what the server says. */
const WAYS_OUT: Partial<Record<PageError["code"], string>> = {
  forbidden: "Your account lacks a privilege for this; whoever runs the server can grant it.",
  "not-found": "It may have been pruned, forgotten or moved meanwhile.",
  damaged: "Verify the snapshot to see what else is concerned; others may hold the same undamaged.",
};

/** A text of the server as a sentence. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** What went wrong, and the way out. */
export function Failure(
  { error, again }: { readonly error: PageError; readonly again?: () => void },
): JSX.Element {
  return (
    <div class={`notice ${error.code === "encrypted" ? "info" : "bad"}`} role="alert">
      <Icon name={error.code === "encrypted" ? "key" : "warning"} />
      <div>
        <p class="notice-title">{TITLES[error.code] ?? "That failed"}</p>
        <p>
          <Name text={sentence(error.message)} />
        </p>
        {WAYS_OUT[error.code] !== undefined && <p>{WAYS_OUT[error.code]}</p>}
        {again && error.code !== "encrypted" && error.code !== "forbidden" && (
          <Button onPress={again}>Try again</Button>
        )}
      </div>
    </div>
  );
}

/** Words where there is nothing to show. */
export function Empty(
  { title, children }: { readonly title: string; readonly children?: ComponentChildren },
): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Something that was asked for, or what there is to say until it is there. */
export function Await<T>(
  { of, what, lines = 3, children }: {
    readonly of: Loaded<T>;
    /** What is being loaded: `the groups`. */
    readonly what: string;
    /** Height of the place that is kept free, in lines. */
    readonly lines?: number;
    readonly children: (value: T) => ComponentChildren;
  },
): JSX.Element {
  if (of.value !== undefined) {
    return (
      <>
        {of.error && <Failure error={of.error} again={of.again} />}
        {children(of.value)}
      </>
    );
  }
  if (of.error) return <Failure error={of.error} again={of.again} />;
  return (
    <div class="loading" role="status">
      <span class="hidden">Loading {what}…</span>
      {Array.from({ length: lines }, (_, index) => <span key={index} class="bone" />)}
    </div>
  );
}
