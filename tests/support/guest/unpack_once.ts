import { dirname } from "@std/path";
import { runPeer } from "../run_peer.ts";

/**
 * Fetches packages of Debian and unpacks them into a folder, unless it is there. Tests that run side by
 * side wait for each other: apt's lists have a lock of their own, which it does not wait for.
 *
 * @param packages Names of the packages; asked for when the lists are up to date.
 * @throws {Error} if they cannot be had.
 */
export async function unpackOnce(
  target: string,
  packages: () => Promise<readonly string[]>,
): Promise<void> {
  await Deno.mkdir(dirname(target), { recursive: true });
  using lock = await Deno.open(`${dirname(target)}/lock`, { create: true, write: true });
  await lock.lock(true);
  if (await Deno.stat(target).then(() => true, () => false)) return;
  const work = await Deno.makeTempDir({ dir: dirname(target) });
  try {
    await runPeer("apt-get", ["update", "-qq"]);
    await runPeer("apt-get", ["download", "-q", ...await packages()], { cwd: work });
    const archives = [...Deno.readDirSync(work)].map(({ name }) => name);
    await Deno.mkdir(`${work}/unpacked`);
    for (const name of archives) {
      await runPeer("dpkg-deb", ["--extract", `${work}/${name}`, `${work}/unpacked`]);
    }
    await Deno.rename(`${work}/unpacked`, target);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
