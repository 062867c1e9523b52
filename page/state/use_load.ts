import { useEffect, useRef, useState } from "preact/hooks";
import { asPageError, type PageError } from "../requests/page_error.ts";
import { generation } from "./generation.ts";

/** Something that was asked for: on its way, there, or failed. */
export interface Loaded<T> {
  /** The newest answer; stays while it is asked for again. */
  readonly value?: T;
  /** Why the last request failed. */
  readonly error?: PageError;
  readonly isLoading: boolean;
  /** Asks again. */
  again(): void;
}

/** Answers that are shown at once when one comes back to them, until the new one is there. */
const recent = new Map<string, unknown>();
const RECENT_LIMIT = 60;

function remember(key: string, value: unknown): void {
  recent.delete(key);
  recent.set(key, value);
  if (recent.size > RECENT_LIMIT) recent.delete(recent.keys().next().value!);
}

/** Forgets all answers, as when somebody else logs in. */
export function forgetAnswers(): void {
  recent.clear();
}

interface State<T> {
  readonly key: string;
  readonly value?: T;
  readonly error?: PageError;
  readonly isLoading: boolean;
}

function firstState<T>(key: string): State<T> {
  const value = recent.get(key) as T | undefined;
  return { key, isLoading: true, ...value === undefined ? {} : { value } };
}

/**
 * Asks for something when it is first shown, when the key changes, after each change made from here,
 * and again and again if `everyMs` is given and the page can be seen.
 *
 * @param key Says what is asked for; the request may use nothing else.
 * @param everyMs Milliseconds between an answer and the next request.
 */
export function useLoad<T>(
  key: string,
  request: (signal: AbortSignal) => Promise<T>,
  everyMs?: number,
): Loaded<T> {
  const [stored, setState] = useState<State<T>>(() => firstState(key));
  const [round, setRound] = useState(0);
  const ask = useRef(request);
  ask.current = request;
  const changes = generation.value;
  useEffect(() => {
    const abort = new AbortController();
    let timer: number | undefined;
    setState((old) => old.key === key ? { ...old, isLoading: true } : firstState(key));
    const run = async () => {
      try {
        const value = await ask.current(abort.signal);
        if (abort.signal.aborted) return;
        remember(key, value);
        setState({ key, value, isLoading: false });
      } catch (cause) {
        if (abort.signal.aborted) return;
        const error = asPageError(cause);
        setState(({ value, key: of }) => ({
          key,
          error,
          isLoading: false,
          ...of === key && value !== undefined ? { value } : {},
        }));
      }
      if (everyMs !== undefined) timer = setTimeout(tick, everyMs);
    };
    const tick = () => {
      if (document.visibilityState === "visible") run();
      else timer = setTimeout(tick, everyMs);
    };
    run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, round, changes, everyMs]);
  // The first picture after a change of the key must not show what belongs to another.
  const state = stored.key === key ? stored : firstState<T>(key);
  return { ...state, again: () => setRound((old) => old + 1) };
}
