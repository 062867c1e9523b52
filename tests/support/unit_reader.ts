/** A service as systemd understands its file: documented rules of systemd.syntax and systemd.service. */
export interface ReadUnit {
  /** Values of each setting, in order, with specifiers expanded. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
  /** What is started, before variables are expanded. */
  readonly words: readonly string[];
}

const SPECIFIERS: Readonly<Record<string, string>> = { "%": "%", C: "/var/cache", t: "/run" };

/**
 * Reads a service's file.
 *
 * @param specifiers Meanings of letters after `%` in place of the usual ones.
 */
export function readUnit(
  text: string,
  specifiers: Readonly<Record<string, string>> = {},
): ReadUnit {
  const expand = (text: string) => expandSpecifiers(text, { ...SPECIFIERS, ...specifiers });
  const settings = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const match = /^([A-Za-z]+)=(.*)$/.exec(line);
    if (match === null) continue;
    const values = settings.get(match[1]!) ?? [];
    settings.set(match[1]!, [...values, match[2]!]);
  }
  const words = splitUnitWords(settings.get("ExecStart")?.at(-1) ?? "");
  return { settings, words: words.map(expand) };
}

/** Words of a setting: separated by blanks, with quotes and escapes as in C. */
export function splitUnitWords(text: string): string[] {
  const words: string[] = [];
  let word: number[] | undefined;
  let quote = "";
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const characters = [...text];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === "\\") {
      const next = characters[++i];
      const code = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, s: 32 }[next ?? ""];
      if (next === "x") {
        (word ??= []).push(parseInt(characters.slice(i + 1, i + 3).join(""), 16));
        i += 2;
      } else if (code !== undefined) (word ??= []).push(code);
      else if (next !== undefined && /["'\\]/.test(next)) {
        (word ??= []).push(next.charCodeAt(0));
      } else throw new SyntaxError(`escape \\${next} in ${text}`);
    } else if (quote !== "" ? character === quote : /["']/.test(character)) {
      quote = quote === "" ? character : "";
      word ??= [];
    } else if (quote === "" && /\s/.test(character)) {
      if (word !== undefined) words.push(decoder.decode(new Uint8Array(word)));
      word = undefined;
    } else (word ??= []).push(...encoder.encode(character));
  }
  if (quote !== "") throw new SyntaxError(`open quote in ${text}`);
  if (word !== undefined) words.push(decoder.decode(new Uint8Array(word)));
  return words;
}

/** Replaces `%` and the letter after it. */
export function expandSpecifiers(
  text: string,
  specifiers: Readonly<Record<string, string>> = SPECIFIERS,
): string {
  return text.replace(/%(.?)/gs, (whole, letter: string) => {
    const value = specifiers[letter];
    if (value === undefined) throw new SyntaxError(`specifier ${whole} in ${text}`);
    return value;
  });
}

/** Replaces variables in all words but the first, as it is done when the service starts. */
export function expandVariables(
  [program = "", ...words]: readonly string[],
  environment: Readonly<Record<string, string>>,
): string[] {
  const expand = (word: string) =>
    word.replace(/\$\$|\$\{([A-Z_]+)\}|\$/g, (whole, name: string | undefined) => {
      if (whole === "$$") return "$";
      if (name === undefined) throw new SyntaxError(`variable in ${word}`);
      return environment[name] ?? "";
    });
  return [program, ...words.map(expand)];
}
