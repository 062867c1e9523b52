import type { ProcessIdentity } from "./_process_identity.ts";

/** Who has written an object for the sake of others, as far as it tells. */
export interface SessionOwner {
  readonly host: string | undefined;
  readonly pid: number | undefined;
  /** Seconds since the epoch, by the writer's clock. */
  readonly when: number | undefined;
  readonly identity: ProcessIdentity | undefined;
}

/** Latest time that a date can show, seconds since the epoch. */
const MAX_SECONDS = 2 ** 33;
const SAFE_WORD = /^[\w.:[\]-]{1,253}$/;

/** The owner that an object names; what is damaged or missing in it is left open. */
export function parseSessionOwner(content: Uint8Array): SessionOwner {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(content));
  } catch {
    // Whoever writes it differently is not known, and counts as alive.
  }
  const { host, pid, when, process } = fieldsOf(value);
  return {
    host: wordOf(host),
    pid: numberOf(pid),
    when: numberOf(when),
    identity: identityOf(fieldsOf(process)),
  };
}

/**
 * Words that say who holds something and until when he counts as alive.
 *
 * @param age Seconds since the last sign of life.
 */
export function describeOwner(
  { host, pid, when }: SessionOwner,
  age: number,
  leaseSeconds: number,
): string {
  const who = `${pid === undefined ? "a process" : `process ${pid}`} on ${
    host ?? "an unknown machine"
  }`;
  const since = when === undefined ? "" : `, since ${timeOf(when)}`;
  const rest = Math.max(leaseSeconds - age, 0);
  return `${who}${since}; if it is dead, this ends at ${timeOf(Date.now() / 1000 + rest)}`;
}

function identityOf({ boot, space, pid, start }: Fields): ProcessIdentity | undefined {
  const number = numberOf(pid);
  const words = [boot, space, start].map(wordOf);
  const [aBoot, aSpace, aStart] = words;
  if (number === undefined || !aBoot || !aSpace || !aStart) return undefined;
  return { boot: aBoot, space: aSpace, pid: number, start: aStart };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}

function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && SAFE_WORD.test(value) ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const isNumber = Number.isSafeInteger(value) && (value as number) > 0;
  return isNumber && (value as number) < MAX_SECONDS ? value as number : undefined;
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+/, "");
}
