import { signal } from "@preact/signals";

/** Names of datastores for people, by their keys, as far as they have been seen. */
export const storeNames = signal<ReadonlyMap<string, string>>(new Map());
