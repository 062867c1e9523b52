/**
 * The relative imports of a source text, as they are written. Those of examples count only if asked
 * for: like a test, an example may use whatever uses it.
 */
export function importsOf(source: string, withExamples: boolean): string[] {
  const code = withExamples ? source : source.replace(/^[ \t]*(?:\/\/|\*|\/\*\*).*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1]!);
}
