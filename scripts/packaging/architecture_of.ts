import { type Architecture, ARCHITECTURES } from "../packing/architecture.ts";

/** Values of the field of an ELF header that names the machine. */
const MACHINES: Readonly<Record<number, Architecture["name"]>> = { 62: "x86_64", 183: "aarch64" };

/**
 * The architecture that a file is for, from its ELF header.
 *
 * @param path An executable.
 * @throws {Error} if it is none, or one for another machine.
 */
export function architectureOf(path: string): Architecture {
  const header = new Uint8Array(20);
  using file = Deno.openSync(path);
  const length = file.readSync(header) ?? 0;
  const isElf = length === header.length && header.subarray(0, 4).join() === "127,69,76,70";
  const name = isElf ? MACHINES[header[18]! | header[19]! << 8] : undefined;
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found === undefined) throw new Error(`"${path}" is no executable for x86_64 or aarch64`);
  return found;
}
