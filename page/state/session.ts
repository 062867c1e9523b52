import { signal } from "@preact/signals";
import type { PageSession } from "../../lib/page/page_api.ts";

/** Who looks at the page; nothing until the server has told. */
export const session = signal<PageSession | undefined>(undefined);

/** What has to be sent with requests that change something. */
export function csrfToken(): string | undefined {
  return session.value?.csrfToken;
}

/** Takes note that the server does not know the session any more. */
export function endSession(): void {
  const current = session.value;
  if (!current?.isLoggedIn) return;
  const { csrfToken: _token, ...rest } = current;
  session.value = { ...rest, isLoggedIn: false };
}
