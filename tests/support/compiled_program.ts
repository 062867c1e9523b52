import { fromFileUrl } from "@std/path";
import { PACKAGES, unpackCompiled } from "./compiled_contents.ts";
import type { OtherRuntime } from "./other_runtime.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** The lock file as far as the runtime needs it. */
interface Lock {
  readonly version: string;
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, unknown>>;
}

/**
 * Prepares what is in a compiled executable for a runtime that is none for compiled programs: with
 * nothing beside it but the packages that are in the executable too.
 *
 * @param runtime Path or name of a `deno`.
 * @param folder Empty, for the contents.
 * @returns How to run it; the folder of the program is `folder/program`.
 */
export async function inStockRuntime(
  executable: string,
  runtime: string,
  folder: string,
): Promise<OtherRuntime> {
  const program = `${folder}/program`;
  await Deno.mkdir(program);
  const metadata = await unpackCompiled(executable, program);
  await Deno.writeTextFile(
    `${folder}/imports.json`,
    metadata.workspace_resolver.import_map.json
      .replaceAll(/"\.\//g, `"${program}/`),
  );
  const lock: Lock = JSON.parse(await Deno.readTextFile(`${ROOT}deno.lock`));
  await Deno.writeTextFile(
    `${folder}/lock.json`,
    JSON.stringify(packagesOnly(lock, `${program}/${PACKAGES}/localhost`)),
  );
  await Deno.mkdir(`${folder}/cache`);
  await Deno.symlink(`${program}/${PACKAGES}`, `${folder}/cache/npm`);
  return {
    program: [
      ...[runtime, "run", "--quiet", "--allow-all", "--cached-only", "--no-config"],
      ...metadata.unstable_config.features.map((name) => `--unstable-${name}`),
      ...["--import-map", `${folder}/imports.json`, "--lock", `${folder}/lock.json`],
      `${program}/${metadata.entrypoint_key}`,
    ],
    env: {
      DENO_DIR: `${folder}/cache`,
      DENO_NO_UPDATE_CHECK: "1",
      // The packages in an executable lie as if they came from there.
      NPM_CONFIG_REGISTRY: "http://localhost",
    },
  };
}

/** A lock file of the packages in a folder: the runtime wants all that a lock file names. */
function packagesOnly({ version, specifiers, npm }: Lock, folder: string): Lock {
  const isThere = (id: string) => {
    const split = id.lastIndexOf("@");
    try {
      return Deno.statSync(`${folder}/${id.slice(0, split)}/${id.slice(split + 1)}`).isDirectory;
    } catch {
      return false;
    }
  };
  return {
    version,
    specifiers: Object.fromEntries(
      Object.entries(specifiers).filter(([specifier, resolved]) =>
        isThere(`${specifier.slice("npm:".length, specifier.lastIndexOf("@"))}@${resolved}`)
      ),
    ),
    npm: Object.fromEntries(Object.entries(npm).filter(([id]) => isThere(id))),
  };
}
