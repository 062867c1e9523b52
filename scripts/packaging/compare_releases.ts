import { fileURLToPath } from "node:url";
import { type ReleaseRequest, SUMS } from "./make_release.ts";
import { runTool } from "../packing/run_tool.ts";

/**
 * Makes a release once more, in a folder and with settings that must not show in it.
 *
 * @param request That of the release, which has been made.
 * @throws {Error} with the names of files that differ.
 */
export async function compareReleases(request: ReleaseRequest): Promise<void> {
  const { output, executables, report } = request;
  const script = fileURLToPath(new URL("../release", import.meta.url));
  const folder = await Deno.makeTempDir({ prefix: "pbs-client-release-" });
  try {
    const given = executables.flatMap((path) => ["--executable", path]);
    const words = [script, "--output", `${folder}/again`, ...given];
    await runTool("sh", ["-c", 'umask 077; exec "$@"', "sh", ...words], {
      env: { TZ: "Asia/Kathmandu", LC_ALL: "C", TMPDIR: folder },
    });
    const first = await readSums(output);
    const second = await readSums(`${folder}/again`);
    const names = new Set([...first.keys(), ...second.keys()]);
    const different = [...names].filter((name) => first.get(name) !== second.get(name));
    if (different.length > 0) throw new Error(`not made alike twice: ${different.join(", ")}`);
    report(`made twice: ${first.size} files, all alike`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readSums(folder: string): Promise<Map<string, string>> {
  const lines = (await Deno.readTextFile(`${folder}/${SUMS}`)).trimEnd().split("\n");
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}
