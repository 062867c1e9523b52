/** Makes an input of size `n` and returns what reads it. */
export type WorkCase = (n: number) => () => unknown;

/** The inputs that a parser is measured with, by the parser as `findParsers` names it, then by kind. */
export type ParserCases = Readonly<Record<string, Readonly<Record<string, WorkCase>>>>;

const encoder = new TextEncoder();

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Cases of a function that takes a text: unlike runs of characters, each of them hard for somebody. */
export function textCases(
  parse: (text: string) => unknown,
  ...shapes: readonly (readonly [start: string, repeated: string, end: string])[]
): Readonly<Record<string, WorkCase>> {
  const all = [
    ...shapes,
    ["", "a", ""],
    ["", " ", "x"],
    ["x", " ", "x"],
    ["", ":", ""],
    ["", "a@", ""],
    ["", "/", ""],
    ["", "a/", ""],
    ["", "\\", ""],
    ["", "0", ""],
    ["", "\u0000", ""],
    ["", "\n", ""],
    ["", "ä", ""],
  ] as const;
  return Object.fromEntries(all.map(([start, repeated, end]) => [
    JSON.stringify(`${start}${repeated}…${end}`),
    (n: number) => {
      const text = start + repeated.repeat(Math.ceil(n / repeated.length)) + end;
      return () => parse(text);
    },
  ]));
}

/** As {@linkcode textCases}, of a function that takes bytes. */
export function byteCases(
  parse: (bytes: Uint8Array) => unknown,
  ...shapes: readonly (readonly [start: string, repeated: string, end: string])[]
): Readonly<Record<string, WorkCase>> {
  return textCases((text) => parse(bytesOf(text)), ...shapes);
}
