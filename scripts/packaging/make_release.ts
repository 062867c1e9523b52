import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../cli/version.ts";
import { describeError } from "../../lib/errors/mod.ts";
import { ARCHITECTURES } from "../packing/architecture.ts";
import { architectureOf } from "./architecture_of.ts";
import { components } from "./bill_of_materials/components.ts";
import { licenceNotices } from "./bill_of_materials/licence_notices.ts";
import { billOfMaterials } from "./bill_of_materials/write_bill.ts";
import { writeImage } from "./image/write_image.ts";
import { debianCompanion, debianPackage } from "./packages/debian_package.ts";
import type { PackageSources } from "./packages/package_contents.ts";
import { programDocuments } from "./packages/program_documents.ts";
import { rpmCompanion, rpmPackage } from "./packages/rpm_package.ts";
import { runTool } from "../packing/run_tool.ts";
import { sourceDate } from "./source_date.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The list of a release's files and their digests. */
export const SUMS = "SHA256SUMS";
/** Name of the image's folder. */
export const IMAGE = `pbs-client-${VERSION}-image`;

/** What a release is to be made of. */
export interface ReleaseRequest {
  /** Folder to make; a release that is there is replaced. */
  readonly output: string;
  /** Packed executables to take; without any, they are made. */
  readonly executables: readonly string[];
  /** Takes a line for people. */
  report(line: string): void;
}

/**
 * Makes everything that a release consists of, in a folder. Until all of it is there, the folder is
 * not, or is the one of before.
 *
 * @throws {Error} if something cannot be made that does not depend on tools for another processor.
 */
export async function makeRelease(request: ReleaseRequest): Promise<void> {
  const output = request.output.replace(/\/+$/, "");
  await checkReplaceable(output);
  const unfinished = `${output}.${Deno.pid}.tmp`;
  await Deno.mkdir(unfinished, { recursive: true });
  try {
    await fillRelease(unfinished, request);
    await removeFolder(output);
    await Deno.rename(unfinished, output);
  } finally {
    await removeFolder(unfinished);
  }
  request.report(`everything is in ${output}`);
}

async function fillRelease(folder: string, request: ReleaseRequest): Promise<void> {
  const { report } = request;
  const dateSecs = await sourceDate();
  const executables = await gatherExecutables(folder, request);
  if (request.executables.length === 0) await makeCompiled(folder, request);
  const parts = await components(executables.map(architectureOf));
  const sources: PackageSources = {
    dateSecs,
    components: parts,
    notices: licenceNotices(parts, await Deno.readTextFile(`${ROOT}LICENSE`)),
    program: await programDocuments("pbs-client", dateSecs),
    companion: await programDocuments("pxar", dateSecs),
  };
  for (const executable of executables) {
    report(`made ${nameOf(await debianPackage(sources, executable, folder))}`);
    report(`made ${nameOf(await rpmPackage(sources, executable, folder))}`);
  }
  report(`made ${nameOf(await debianCompanion(sources, folder))}`);
  report(`made ${nameOf(await rpmCompanion(sources, folder))}`);
  await writeImage(`${folder}/${IMAGE}`, executables, dateSecs);
  report(`made ${IMAGE}`);
  const bill = `pbs-client-${VERSION}.cdx.json`;
  await Deno.writeTextFile(`${folder}/${bill}`, billOfMaterials(parts, dateSecs));
  await Deno.writeTextFile(`${folder}/pbs-client-${VERSION}-licences.txt`, sources.notices);
  report(`made ${bill}, a bill of ${parts.length} materials`);
  await Deno.writeTextFile(`${folder}/${SUMS}`, await digestLines(folder));
}

/** The packed executables, in the folder, one for each kind of processor that there are tools for. */
async function gatherExecutables(folder: string, request: ReleaseRequest): Promise<string[]> {
  const { executables, report } = request;
  const made: string[] = [];
  for (const { name } of ARCHITECTURES) {
    const target = `${folder}/pbs-client-${VERSION}-linux-${name}`;
    const given = executables.find((path) => architectureOf(path).name === name);
    if (given !== undefined) {
      await Deno.copyFile(given, target);
      await Deno.chmod(target, 0o755);
    } else if (executables.length > 0) {
      report(`left out: everything for ${name}, as no executable for it was given`);
      continue;
    } else {
      try {
        await runTool(`${ROOT}scripts/pack`, ["--arch", name, "--output", target]);
      } catch (error) {
        if (name === Deno.build.arch) throw error;
        report(`left out: everything for ${name}: ${describeError(error).join("; ")}`);
        continue;
      }
    }
    report(`made ${nameOf(target)}`);
    made.push(target);
  }
  return made;
}

/** The executable of `deno compile`, for this machine, where its runtime for such programs can be had. */
async function makeCompiled(folder: string, { report }: ReleaseRequest): Promise<void> {
  const target = `${folder}/pbs-client-${VERSION}-linux-${Deno.build.arch}-compiled`;
  try {
    await runTool(`${ROOT}scripts/compile`, ["--output", target]);
  } catch (error) {
    report(`left out: the compiled executable: ${describeError(error).join("; ")}`);
    return;
  }
  report(`made ${nameOf(target)}`);
}

/** A line for each file, as `sha256sum` reads it, sorted by name. */
async function digestLines(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const path of filesBelow(folder, "")) {
    const hash = createHash("sha256");
    using file = await Deno.open(`${folder}/${path}`);
    for await (const piece of file.readable) hash.update(piece);
    lines.push(`${hash.digest("hex")}  ${path}\n`);
  }
  return lines.join("");
}

function filesBelow(folder: string, prefix: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}/${name}`, `${prefix}${name}/`) : [`${prefix}${name}`]
  ).toSorted();
}

/** Refuses a folder that holds something else than a release. */
async function checkReplaceable(folder: string): Promise<void> {
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (names.length === 0 || names.includes(SUMS)) return;
  throw new Error(`"${folder}" holds something else than a release: name another folder`);
}

async function removeFolder(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
