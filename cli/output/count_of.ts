/** A number and what it counts, as in `1 file` or `3 directories`. */
export function countOf(number: number, noun: string, plural = pluralOf(noun)): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

function pluralOf(noun: string): string {
  return noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
