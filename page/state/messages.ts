import { signal } from "@preact/signals";
import type { Route } from "./route.ts";

/** Something that happened, told for some seconds. */
export interface Message {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
  /** Where to look at it. */
  readonly link?: { readonly text: string; readonly to: Route };
}

/** What is told at present. */
export const messages = signal<readonly Message[]>([]);

const SHOWN_MS = 12_000;
let last = 0;

/** Takes a message away. */
export function dismiss(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

/** Tells something; failures stay until they are taken away. */
export function tell(message: Omit<Message, "id">): void {
  const id = ++last;
  messages.value = [...messages.value.slice(-3), { ...message, id }];
  if (message.kind === "done") setTimeout(() => dismiss(id), SHOWN_MS);
}
