import type { ValueFormat } from "../command.ts";

/** The official words about a text that has the wrong form. */
export const MISMATCH = "value does not match the regex pattern";

/** A format whose only reason for refusing is that the text does not match. */
export function matchingFormat(name: string, accepts: (text: string) => boolean): ValueFormat {
  return { name, refusal: (text) => (accepts(text) ? undefined : MISMATCH) };
}
