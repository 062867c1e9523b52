import { describeError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { serveUntilEnd } from "../background/serve_until_end.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { flagOption } from "./flag_option.ts";

/** `pxar mount` (spec: cli.md §7.1). */
export const command: CommandDefinition = {
  description: "Show an archive as a read-only file system, until Ctrl-C or until it is unmounted.",
  positionals: [
    {
      name: "archive",
      type: { kind: "string", acceptsBytes: true },
      required: true,
      completion: "file-name",
      description: "Archive to show.",
    },
    {
      name: "mountpoint",
      type: { kind: "string" },
      required: true,
      completion: "file-name",
      description: "Directory to show it in.",
    },
  ],
  options: [
    {
      name: "payload-input",
      type: { kind: "string", acceptsBytes: true },
      completion: "file-name",
      description: "File with the contents of a split archive.",
    },
    flagOption("verbose", "Say where the archive is shown, and when it is no longer."),
  ],
  output: "none",
  run: mountArchive,
};

async function mountArchive(values: CommandValues, context: CommandContext): Promise<void> {
  const [{ OpenedArchiveFile }, { FuseSession }, { ArchiveFileSystem }] = await Promise.all([
    import("../../lib/archive_files/mod.ts"),
    import("../../lib/fuse/mod.ts"),
    import("../../lib/mount/mod.ts"),
  ]);
  const { output } = context;
  const level = values.flag("verbose") ? "info" : "debug";
  using archive = await OpenedArchiveFile.open(
    values.bytes("archive")!,
    values.bytes("payload-input"),
  );
  const fileSystem = new ArchiveFileSystem(archive.tree);
  await serveUntilEnd(context, async () => {
    const session = await FuseSession.mount({
      fileSystem,
      mountPoint: values.requiredText("mountpoint"),
      onFailure: (operation, error) =>
        output.log("error", `${operation}: ${describeError(error).join(": ")}`),
    });
    output.log(level, `"${values.requiredText("archive")}" is shown in "${session.mountPoint}"`);
    return session;
  });
  await fileSystem.idle();
  output.log(level, "Unmounted");
}
