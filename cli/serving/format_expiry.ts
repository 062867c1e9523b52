import { formatDate } from "../output/format_date.ts";

/** Expiry of an account, as tables show it. */
export function formatExpiry(expire: number): string {
  return expire === 0 ? "never" : formatDate(expire);
}
