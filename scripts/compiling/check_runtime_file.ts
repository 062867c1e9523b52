const ELF = "\x7fELF";

/**
 * Checks what `DENORT_BIN` names: `deno compile` takes any file, and downloads if it names none.
 *
 * @throws {Error} unless it is unset or names a program.
 */
export function checkRuntimeFile(path: string | undefined): void {
  if (path === undefined) return;
  const start = new Uint8Array(ELF.length);
  try {
    using file = Deno.openSync(path);
    file.readSync(start);
  } catch (error) {
    throw new Error(`DENORT_BIN: cannot read "${path}": ${(error as Error).message}`);
  }
  if (new TextDecoder().decode(start) !== ELF) {
    throw new Error(
      `DENORT_BIN: "${path}" is no program; it should be denort ${Deno.version.deno}`,
    );
  }
}
