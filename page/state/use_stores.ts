import type { PageStore } from "../../lib/page/page_api.ts";
import { look } from "../requests/send_request.ts";
import { storeNames } from "./store_names.ts";
import { type Loaded, useLoad } from "./use_load.ts";

/** Milliseconds until space and counts are asked for again. */
const AGAIN_MS = 30_000;

/** The datastores that may be seen. */
export function useStores(): Loaded<readonly PageStore[]> {
  return useLoad("stores", askStores, AGAIN_MS);
}

/** Asks for the datastores, and keeps their names. */
export async function askStores(signal: AbortSignal): Promise<readonly PageStore[]> {
  const { stores } = await look("stores", {}, signal);
  storeNames.value = new Map(stores.map(({ store, name }) => [store, name]));
  return stores;
}
