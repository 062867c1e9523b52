import { describeError } from "../../lib/errors/mod.ts";
import type { ImageContent, MappedImage } from "../../lib/mapping/mod.ts";
import type { ReadingObserver } from "../../lib/reading/mod.ts";
import { findSnapshot } from "../../lib/repository/mod.ts";
import { SAFE_FORMAT } from "../arguments/value_formats.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { isInBackground, runInBackground } from "../background/run_in_background.ts";
import { serveUntilEnd } from "../background/serve_until_end.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openReadingKey } from "../keys/open_reading_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEYFILE_OPTION } from "../options/crypt_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_OR_SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { selectRepository } from "../repository/select_repository.ts";

/** `st_mode` of a regular file. */
const IMAGE_FILE = 0o100000;
/** Unit of a block device; what is left at an image's end it does not show. */
const SECTOR_BYTES = 512;

/** `map` (spec: cli.md §4.12). */
export const command: CommandDefinition = {
  description: "Show an image of a snapshot as a read-only block device, or as a file.",
  positionals: [
    GROUP_OR_SNAPSHOT_POSITIONAL,
    {
      name: "archive-name",
      type: { kind: "string", format: SAFE_FORMAT },
      required: true,
      completion: "image-name",
      description: "Image, e.g. disk.img.",
    },
  ],
  options: [
    ...TARGET_OPTIONS,
    ALSO_FROM_OPTION,
    {
      name: "file",
      type: { kind: "string" },
      completion: "file-name",
      description: "Show the image in the place of this file, which is made if it is not there. " +
        "Needs neither a loop device nor privileges.",
    },
    KEYFILE_OPTION,
    {
      name: "verbose",
      type: { kind: "boolean" },
      default: false,
      description: "Stay in the foreground, until Ctrl-C or unmap.",
    },
  ],
  output: "none",
  run: mapImage,
};

async function mapImage(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  // What is wrong with the words is told before another process is started.
  selectRepository(values, context);
  const name = values.requiredText("archive-name");
  const { checkImageName, OpenedImage } = await import("../../lib/mapping/mod.ts");
  checkImageName(name);
  if (!values.flag("verbose") && !isInBackground(environment)) return await runInBackground();
  const { logToSystem } = await import("../../lib/fuse/mod.ts");
  let isAlone = false;
  const log = (level: "debug" | "info" | "warn" | "error", line: string) => {
    output.log(level, line);
    if (isAlone) logToSystem("pbs-client", level, line);
  };
  await using repository = await openRepository(values, context, {
    alsoFrom: { log, isLasting: true },
  });
  const cryptOptions = readCryptOptions(values, context);
  const namespace = selectNamespace(values, environment);
  const path = values.requiredText("snapshot");
  const snapshot = await findSnapshot(repository, namespace, path, (line) => log("info", line));
  await using image = await OpenedImage.open({
    open: () => repository.openSnapshot(namespace, snapshot),
    crypt: await openReadingKey(cryptOptions, context),
    name,
    observer: { log },
  });
  const fullName = `${context.use.name}:${namespace && `${namespace}/`}${path}/${
    name.replace(/\.fidx$/, "")
  }`;
  await serveUntilEnd(context, async () => {
    const shown = { name: fullName, content: image.content, time: snapshot.time };
    const mapped = await show(shown, values, log);
    log("info", `Image '${fullName}' mapped on ${mapped.path}`);
    isAlone = isInBackground(environment);
    return mapped;
  });
  log("info", "Image unmapped");
}

/** An image that is to be shown. */
interface OpenedImage {
  readonly name: string;
  readonly content: ImageContent;
  /** Of the snapshot, seconds since the epoch. */
  readonly time: number;
}

async function show(
  { name, content, time }: OpenedImage,
  values: CommandValues,
  log: ReadingObserver["log"],
): Promise<MappedImage> {
  const { ImageFileSystem, MappedImage, Mappings } = await import("../../lib/mapping/mod.ts");
  const file = values.text("file");
  const { uid, gid } = await Deno.stat("/proc/self") as { uid: number; gid: number };
  let told = "";
  const image = {
    name,
    fileSystem: new ImageFileSystem(content, {
      // The file behind a block device is nobody's to read (spec: client-pipeline.md §6.3).
      mode: file === undefined ? IMAGE_FILE : IMAGE_FILE | 0o400,
      links: 1,
      uid,
      gid,
      size: content.size,
      mtimeSecs: time,
      mtimeNanos: 0,
    }),
    onFailure: (what: string, error: unknown) => {
      const line = `${what}: ${describeError(error).join(": ")}`;
      // What is damaged is asked for page by page.
      if (line !== told) log("error", line);
      told = line;
    },
  };
  if (file !== undefined) return await MappedImage.onFile(image, file);
  const hiddenBytes = content.size % SECTOR_BYTES;
  if (hiddenBytes > 0) {
    log(
      "warn",
      `warning: a block device consists of sectors of ${SECTOR_BYTES} bytes: it does not show the ` +
        `last ${hiddenBytes} of the image; --file PATH does`,
    );
  }
  return await MappedImage.onLoopDevice(image, new Mappings());
}
