import { signal } from "@preact/signals";

/** Counts the changes that were made from here; what is shown is asked for again with each. */
export const generation = signal(0);

/** Has everything that is shown asked for again. */
export function reload(): void {
  generation.value++;
}
