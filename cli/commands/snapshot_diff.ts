import { findSnapshot } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { valueFormat } from "../output/print_result.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { warnOfRate } from "../repository/warn_of_rate.ts";

/** Directories of a summary are shown down to this depth unless told otherwise. */
const SUMMARY_DEPTH = 1;

/** `snapshot diff`: ours, compares two snapshots without reading contents. */
export const command: CommandDefinition = {
  description:
    "Show what differs between two snapshots. Contents are not read: files are compared " +
    "by metadata and by the chunks that they lie in.",
  positionals: [
    {
      ...SNAPSHOT_POSITIONAL,
      completion: "group-or-snapshot",
      description:
        "The older snapshot: type/id/time; group type/id, or type/id/latest, for the newest " +
        "finished one.",
    },
    {
      ...SNAPSHOT_POSITIONAL,
      name: "other",
      completion: "group-or-snapshot",
      description: "The newer snapshot, of the same group or another one.",
    },
    {
      name: "archive-name",
      type: { kind: "string" },
      completion: "archive-name",
      description: "Archive, e.g. root.pxar; by default all that either snapshot has.",
    },
  ],
  options: [
    ...TARGET_OPTIONS,
    ALSO_FROM_OPTION,
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    ...VERBOSITY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    {
      name: "summary",
      type: { kind: "boolean" },
      default: false,
      description: "Count the changes by directory instead of listing them.",
    },
    {
      name: "depth",
      type: { kind: "integer", minimum: 0, maximum: 256 },
      default: SUMMARY_DEPTH,
      description:
        "How deep the directories of a summary may lie; what is below counts for them. " +
        "Implies --summary.",
    },
  ],
  output: "value",
  run: diffSnapshots,
};

async function diffSnapshots(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  const format = valueFormat(values, context);
  await using repository = await openRepository(values, context);
  warnOfRate(values, context);
  const cryptOptions = readCryptOptions(values, context);
  const namespace = selectNamespace(values, environment);
  const find = async (name: string) =>
    await findSnapshot(
      repository,
      namespace,
      values.requiredText(name),
      (line) => output.log("info", line),
    );
  const [before, after] = [await find("snapshot"), await find("other")];
  const crypt = await openRestoreKey(cryptOptions, context);
  await using beforeSource = await repository.openSnapshot(namespace, before);
  await using afterSource = await repository.openSnapshot(namespace, after);
  const [{ checkSnapshot, SnapshotComparison }, { printDifferences }] = await Promise.all([
    import("../../lib/compare/mod.ts"),
    import("../output/diff/print_differences.ts"),
  ]);
  const archive = values.text("archive-name");
  const check = async (source: typeof beforeSource) =>
    await checkSnapshot(source, crypt, { log: (level, line) => output.log(level, line) });
  using comparison = new SnapshotComparison(
    await check(beforeSource),
    await check(afterSource),
    {
      archive,
      onManyChanges: (name) =>
        output.log("info", `${name}: so many changes that renames are only found near each other`),
    },
  );
  const isSummary = values.flag("summary") || values.has("depth");
  await printDifferences(comparison, output, {
    format,
    before,
    after,
    ...(isSummary ? { depth: values.integer("depth") ?? SUMMARY_DEPTH } : {}),
  });
}
