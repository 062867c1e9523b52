import type { BackupRequest } from "../../lib/backup/mod.ts";
import { parseByteSize } from "../../lib/bytes/mod.ts";
import type { PictureMode, SourcePictures } from "../../lib/pictures/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { pictureFolder } from "../files/picture_folder.ts";

/**
 * Lets a backup read its sources from snapshots of their file systems, if the options ask for it, and
 * removes those afterwards.
 *
 * @param request What is backed up.
 * @param run Makes the backup.
 */
export async function withPictures<Request extends BackupRequest, Result>(
  request: Request,
  values: CommandValues,
  { environment, output }: CommandContext,
  run: (request: Request) => Promise<Result>,
): Promise<Result> {
  const mode = values.requiredText("snapshot") as PictureMode;
  if (mode === "none") return await run(request);
  const { takePictures } = await import("../../lib/pictures/mod.ts");
  const size = values.text("snapshot-size");
  const sources = request.archives.filter(({ command }) => command === undefined);
  const pictures = await takePictures({
    sources: sources.map(({ path }) => path),
    mode,
    sizeBytes: size === undefined ? undefined : Number(parseByteSize(size)),
    allFileSystems: request.allFileSystems,
    includeDevices: request.includeDevices,
    dryRun: request.dryRun,
    folder: pictureFolder(environment),
    variable: (name) => environment.get(name),
    log: (level, line) => output.log(level, line),
    signal: request.signal,
  });
  if (pictures === undefined) return await run(request);
  try {
    return await run({
      ...request,
      archives: request.archives.map((archive) => {
        const readPath = pictures.readPaths[sources.indexOf(archive)];
        return readPath === undefined ? archive : { ...archive, readPath };
      }),
      includeDevices: pictures.devicePaths,
      pictures,
    });
  } catch (error) {
    throw await explained(error, pictures);
  } finally {
    await pictures.remove();
  }
}

/** A snapshot that is full fails in many ways, none of which says so. */
async function explained(error: unknown, pictures: SourcePictures): Promise<unknown> {
  try {
    await pictures.check();
    return error;
  } catch (reason) {
    if (reason instanceof Error && reason !== error) reason.cause ??= error;
    return reason;
  }
}
