import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { runTool } from "../../packing/run_tool.ts";
import { type Component, type LicenceText, licenceTexts } from "./component.ts";
import { denoLicence } from "./deno_licence.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What `deno info --json` tells. */
interface GraphInfo {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, PackageInfo>>;
}

/** A package as `deno info --json` tells of it. */
interface PackageInfo {
  readonly name: string;
  readonly version: string;
  /** Their names in the list of packages. */
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

/** What is read of a `package.json`. */
interface PackageDescription {
  readonly description?: string;
  readonly license?: string;
  readonly repository?: string | { readonly url: string };
}

/**
 * The npm packages that the program and its page import, with those that these import. What only tests
 * and scripts import is not in the executable.
 *
 * @throws {Error} if a package tells no licence.
 */
export async function npmComponents(): Promise<Component[]> {
  const digests = lockedDigests();
  const reached = await reachedPackages();
  return await Promise.all(
    [...reached].toSorted().map(async ([id, { name, version, localPath }]) => {
      const text = Deno.readTextFileSync(`${localPath}/package.json`);
      const { description, license, repository }: PackageDescription = JSON.parse(text);
      if (license === undefined) throw new Error(`the package "${id}" tells no licence`);
      const source = typeof repository === "string" ? repository : repository?.url;
      const digest = digests.get(id);
      return {
        name,
        version,
        licence: license,
        address: `pkg:npm/${name.replace("@", "%40")}@${version}`,
        ...(description === undefined ? {} : { description }),
        ...(source === undefined ? {} : { source: source.replace(/^git\+/, "") }),
        ...(digest === undefined ? {} : { digest: { algorithm: "SHA-512" as const, hex: digest } }),
        texts: await textsOf(name, localPath),
      };
    }),
  );
}

/** Every package that the program can reach, by its name in the lock file. */
async function reachedPackages(): Promise<Map<string, PackageInfo>> {
  const reached = new Map<string, PackageInfo>();
  const options = ["info", "--quiet", "--frozen", "--config", `${ROOT}deno.json`, "--json"];
  const entry = await Deno.makeTempFile({ prefix: "pbs-client-modules-", suffix: ".ts" });
  try {
    const imports = entryPoints().map((path) =>
      `import ${JSON.stringify(`file://${ROOT}${path}`)};`
    );
    await Deno.writeTextFile(entry, imports.join("\n"));
    const info: GraphInfo = JSON.parse(await runTool(Deno.execPath(), [...options, entry]));
    const reach = (id: string) => {
      if (reached.has(id)) return;
      const found = info.npmPackages[id];
      if (found === undefined) throw new Error(`the npm package "${id}" is in no list`);
      reached.set(id, found);
      found.dependencies.forEach(reach);
    };
    for (const { npmPackage } of info.modules) if (npmPackage !== undefined) reach(npmPackage);
  } finally {
    await Deno.remove(entry);
  }
  return reached;
}

/** The program, its commands, which are loaded by name when they are called, and the page. */
function entryPoints(): string[] {
  const commands = ["cli/commands", "cli/pxar_commands"].flatMap((folder) =>
    [...Deno.readDirSync(`${ROOT}${folder}`)]
      .filter(({ name }) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
      .map(({ name }) => `${folder}/${name}`)
  );
  return ["cli/main.ts", ...commands.toSorted(), "page/main.tsx"];
}

/** SHA-512 of each package, as hex, by its name in the lock file. */
function lockedDigests(): Map<string, string> {
  const lock: { npm: Record<string, { integrity: string }> } = JSON.parse(
    Deno.readTextFileSync(`${ROOT}deno.lock`),
  );
  return new Map(
    Object.entries(lock.npm).map(([id, { integrity }]) => [
      id,
      Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex"),
    ]),
  );
}

async function textsOf(name: string, folder: string): Promise<readonly LicenceText[]> {
  // Deno's standard library, packed for npm without its licence.
  return name === "deno-std" ? [await denoLicence()] : licenceTexts(folder);
}
