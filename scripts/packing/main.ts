// deno-lint-ignore-file no-console
// Makes the packed executable: one file that carries the program, its runtime and every library they
// need. Prints its path.

import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import { VERSION } from "../../cli/version.ts";
import { components } from "../packaging/bill_of_materials/components.ts";
import { licenceNotices } from "../packaging/bill_of_materials/licence_notices.ts";
import { type Architecture, ARCHITECTURES } from "./architecture.ts";
import { bundleInOne } from "./bundle_in_one.ts";
import { bundleProgram } from "./bundle_program.ts";
import { compressFrames } from "./compress_frames.ts";
import { debianLibraries } from "./debian_libraries.ts";
import { launcher, nativeCore } from "./own_binaries.ts";
import type { PackedFile } from "./packed_file.ts";
import { runtime } from "./runtime.ts";
import { writeExecutable } from "./write_executable.ts";

const USAGE = `Usage: scripts/pack [OPTION]...

Makes the packed executable: pbs-client in one file that runs on any Linux.

  --arch x86_64|aarch64   processor it is for; this machine's if absent
  --level LEVEL           zstd level, 1 to 22 (default 19)
  --output FILE           default dist/pbs-client-VERSION-linux-ARCH
`;
const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const DEFAULT_LEVEL = "19";

const values = parseArgs(Deno.args, {
  string: ["arch", "level", "output"],
  boolean: ["help"],
  default: { arch: Deno.build.arch, level: DEFAULT_LEVEL },
  unknown: (name: string) => fail(`there is no option or argument "${name}"; see --help`),
});
if (values.help) {
  console.log(USAGE.trimEnd());
  Deno.exit(0);
}
const architecture = ARCHITECTURES.find(({ name }) => name === values.arch) ??
  fail(
    `"${values.arch}" is none of the architectures ${
      ARCHITECTURES.map(({ name }) => name).join(", ")
    }`,
  );
const level = Number(values.level);
if (!Number.isInteger(level) || level < 1 || level > 22) {
  fail(`level "${values.level}" is not 1 to 22`);
}
const output = values.output ?? `${ROOT}dist/pbs-client-${VERSION}-linux-${architecture.name}`;

try {
  await pack();
} catch (error) {
  fail((error as Error).message);
}
console.log(output);

async function pack(): Promise<void> {
  const folder = `${ROOT}.setup/pack/${architecture.name}`;
  const frames = `${ROOT}.setup/pack/frames`;
  for (const path of [folder, frames, `${ROOT}dist`]) await Deno.mkdir(path, { recursive: true });
  const work = await Deno.makeTempDir({ dir: `${ROOT}.setup/pack` });
  try {
    const program = await bundleProgram(await Deno.makeTempDir({ dir: work }));
    const inOne = await bundleInOne(await Deno.makeTempDir({ dir: work }));
    const core = await nativeCore(architecture, work);
    const deno = await runtime(architecture, folder);
    const libraries = await debianLibraries(architecture, folder);
    const licences = await notices(architecture);
    const others = [...libraries, core, ...program, inOne, licences];
    const pieces = [
      deno.bytes,
      new Uint8Array(await new Blob(others.map(({ bytes }) => bytes)).arrayBuffer()),
    ];
    await writeExecutable(output, {
      version: VERSION,
      launcher: await launcher(architecture),
      files: [deno, ...others],
      frames: await compressFrames(pieces, level, frames),
    });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The licences of all parts, which have to go where the parts go. */
async function notices(architecture: Architecture): Promise<PackedFile> {
  const ownLicence = await Deno.readTextFile(`${ROOT}LICENSE`);
  const text = licenceNotices(await components([architecture]), ownLicence);
  return { path: "LICENSES", bytes: new TextEncoder().encode(text), kind: "plain" };
}

function fail(message: string): never {
  console.error(`pack: ${message}`);
  Deno.exit(1);
}
