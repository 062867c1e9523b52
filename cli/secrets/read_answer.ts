/**
 * Reads one line from the standard input, byte by byte: what follows is left for others.
 *
 * @returns The line without its end; what came until the end of input if there was none.
 */
export function readAnswer(): string {
  const bytes: number[] = [];
  const buffer = new Uint8Array(1);
  while (Deno.stdin.readSync(buffer) === 1 && buffer[0] !== 0x0a) bytes.push(buffer[0]!);
  return new TextDecoder().decode(new Uint8Array(bytes));
}
