// deno-lint-ignore-file no-console
import { measure } from "./measure.ts";

const EMPTY_FILES = 1_000_000;
const FILES_PER_FOLDER = 10_000;
const SPARSE_BYTES = 50_000_000_000;

/**
 * Shows that memory does not grow with the number of files or bytes: backs up a small tree, a tree of
 * 1,000,000 empty files and one sparse file of 50 GB, in two modes, and prints the peak of each.
 *
 * @param program How pbs-client is started.
 * @param workParent Folder under which the datastore and the trees are made.
 * @param targetParent Folder under which restores go.
 */
export async function runScale(
  program: string,
  workParent: string,
  targetParent: string,
): Promise<void> {
  const work = await Deno.makeTempDir({ dir: workParent, prefix: "pbs-client-scale-" });
  const target = await Deno.makeTempDir({ dir: targetParent, prefix: "pbs-client-scale-" });
  try {
    await Deno.mkdir(`${work}/small`);
    await Deno.writeTextFile(`${work}/small/file`, "one file\n");
    await Deno.mkdir(`${work}/many`);
    for (let made = 0; made < EMPTY_FILES; made += FILES_PER_FOLDER) {
      const folder = `${work}/many/${made}`;
      await Deno.mkdir(folder);
      for (let i = 0; i < FILES_PER_FOLDER; i++) Deno.createSync(`${folder}/f${i}`).close();
    }
    await Deno.mkdir(`${work}/sparse`);
    const file = await Deno.create(`${work}/sparse/image`);
    await file.truncate(SPARSE_BYTES);
    file.close();
    await measure(`${program} datastore init ${work}/store`, {}, `${work}/log`);
    console.log("tree                         job                  seconds  peak MB");
    for (const name of ["small", "many", "sparse"]) {
      const backup = `${program} backup root.pxar:${work}/${name} --repository ${work}/store`;
      const metadata = `${backup} --backup-id ${name}-split --change-detection-mode metadata`;
      const jobs: [string, string][] = [
        ["backup", `${backup} --backup-id ${name}`],
        ["metadata, first", metadata],
        ["metadata, unchanged", metadata],
        [
          "restore",
          `${program} restore host/${name} root.pxar ${target}/${name} --repository ${work}/store`,
        ],
      ];
      for (const [job, command] of jobs) {
        const result = await measure(command, {}, `${work}/log`);
        if (result.exitCode !== 0) throw new Error(await Deno.readTextFile(`${work}/log`));
        console.log(
          `${name.padEnd(28)} ${job.padEnd(20)} ${result.seconds.toFixed(1).padStart(7)} ` +
            `${result.peakMegabytes.toFixed(0).padStart(8)}`,
        );
      }
    }
  } finally {
    await Deno.remove(work, { recursive: true });
    await Deno.remove(target, { recursive: true });
  }
}
