import { describeError } from "../errors/mod.ts";
import { joinPath, pathBelow, type SourcePlace } from "./source_place.ts";
import type { Picture, Workshop } from "./workshop.ts";

/**
 * Puts together what a walk of a source would find: the picture, and on top of it all that is mounted
 * below the source, from pictures too where there are some. Subvolumes within the source's, which a picture of
 * btrfs lacks, are put there likewise.
 *
 * @param pictures By device, as files show it.
 * @param warn Told of mounts that cannot be shown.
 * @returns Where the view is, in the private mounts.
 */
export async function buildView(
  workshop: Workshop,
  place: SourcePlace,
  below: readonly SourcePlace[],
  pictures: ReadonlyMap<string, Picture>,
  warn: (message: string) => void,
): Promise<string> {
  const mounts = await workshop.mounts();
  const view = await workshop.newFolder();
  await mounts.bind((await pathInPicture(place, pictures))!, view);
  for (const other of below) {
    const target = joinPath(view, pathBelow(other.path, place.path)!);
    // What was made after the picture has no place in it.
    if (!exists(mounts.outside(target))) continue;
    try {
      await mounts.bind(await pathInPicture(other, pictures) ?? other.path, target);
    } catch (error) {
      // What it hides must not come to light.
      warn(
        `warning: what is mounted on '${other.path}' is left out: ${describeError(error)[0]!}`,
      );
      await mounts.run("mount", ["-t", "tmpfs", "-o", "ro,mode=0700", "pbs-client", target]);
    }
  }
  return view;
}

/** Path of a place in the picture that has it, in the private mounts; undefined if none has. */
export async function pathInPicture(
  place: SourcePlace,
  pictures: ReadonlyMap<string, Picture>,
): Promise<string | undefined> {
  const picture = pictures.get(place.device);
  const inner = picture && pathBelow(place.innerPath, picture.innerRoot);
  return inner === undefined
    ? undefined
    : joinPath(await picture!.open(place.mount.fileSystem), inner);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
