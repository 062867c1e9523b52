import { PAGE_CSRF_HEADER, type PageRefusal } from "../../lib/page/page_api.ts";
import { csrfToken, endSession } from "../state/session.ts";
import type { Acts, Looks, Streams } from "./kinds_of_requests.ts";
import { PageError } from "./page_error.ts";

/** The address of a request, with those members of the query that have a value. */
function addressOf(name: string, query: object): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(key, String(value));
    else if (key === "path") parameters.set(key, "");
  }
  const text = parameters.toString();
  return `/page/${name}${text && "?"}${text}`;
}

async function refusalOf(answer: Response): Promise<PageError> {
  const refusal: Partial<PageRefusal> = await answer.json().catch(() => ({}));
  const { code = "failed", message = `The server answered with status ${answer.status}` } =
    refusal.error ?? {};
  if (code === "login") endSession();
  return new PageError(code, message);
}

async function send(address: string, options: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(address, { ...options, credentials: "same-origin" });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new PageError(
      "unreachable",
      "There is no answer: the program that serves this page has ended, or the network is down",
    );
  }
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

/** Asks for something to show. @throws {PageError} */
export async function look<Name extends keyof Looks>(
  name: Name,
  query: Looks[Name]["takes"],
  signal?: AbortSignal,
): Promise<Looks[Name]["answers"]> {
  const answer = await send(addressOf(name, query), signal === undefined ? {} : { signal });
  return await answer.json();
}

/** Has something done. @throws {PageError} */
export async function act<Name extends keyof Acts>(
  name: Name,
  body: Acts[Name]["takes"],
): Promise<Acts[Name]["answers"]> {
  const token = csrfToken();
  const answer = await send(`/page/${name}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...token === undefined ? {} : { [PAGE_CSRF_HEADER]: token },
    },
    body: JSON.stringify(body),
  });
  return await answer.json();
}

/** Address of bytes, for links and pictures. */
export function streamAddress<Name extends keyof Streams>(
  name: Name,
  query: Streams[Name],
): string {
  return addressOf(name, query);
}

/**
 * First bytes of a content.
 *
 * @param size Its length, if it is known: an empty one has no first byte that could be asked for.
 * @param limit Bytes that are wanted; more are not fetched.
 * @throws {PageError}
 */
export async function readContent(
  query: Streams["content"],
  { size, limit }: { readonly size?: number | undefined; readonly limit: number },
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (size === 0) return new Uint8Array();
  const answer = await send(addressOf("content", query), {
    headers: { range: `bytes=0-${limit - 1}` },
    ...signal === undefined ? {} : { signal },
  });
  return new Uint8Array(await answer.arrayBuffer()).subarray(0, limit);
}
