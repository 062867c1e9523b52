// deno-lint-ignore-file no-console
import { parseArgs } from "@std/cli/parse-args";
import { describeError } from "../../../lib/errors/mod.ts";
import { sourceDate } from "../source_date.ts";
import { writeImage } from "./write_image.ts";

const USAGE = `usage: scripts/image --output FOLDER EXECUTABLE...

Writes an image that holds nothing but pbs-client, as a folder in the layout of the Open Container
Initiative: for skopeo, podman, umoci and others (podman load, skopeo copy oci:FOLDER:VERSION …).

  EXECUTABLE       packed executables (scripts/pack), one for each kind of processor
  --output FOLDER  to be made`;

const { _: words, output, help } = parseArgs(Deno.args, {
  string: ["output", "_"],
  boolean: ["help"],
  unknown: (word: string, key?: string) => {
    if (key === undefined) return true;
    console.error(`scripts/image: there is no option "${word}"\n\n${USAGE}`);
    Deno.exit(2);
  },
});
const executables = words.map(String);
if (help) {
  console.log(USAGE);
} else if (output === undefined || executables.length === 0) {
  console.error(USAGE);
  Deno.exit(2);
} else {
  try {
    await makeImage(output, executables);
  } catch (error) {
    console.error(`scripts/image: ${describeError(error).join("; ")}`);
    Deno.exit(1);
  }
}

/** Beside its place first: a folder that is there is a whole image. */
async function makeImage(output: string, executables: readonly string[]): Promise<void> {
  if (await exists(output)) throw new Error(`"${output}" is there already`);
  const unfinished = `${output}.${Deno.pid}.tmp`;
  try {
    await writeImage(unfinished, executables, await sourceDate());
    await Deno.rename(unfinished, output);
  } catch (error) {
    if (await exists(unfinished)) await Deno.remove(unfinished, { recursive: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
