import { PbsError, UsageError } from "../../lib/errors/mod.ts";
import { formatSnapshotPath, parseGroupPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { KEEP_OPTIONS, keepOptionsOf } from "../options/keep_options.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { OUTPUT_FORMAT_OPTION, WARNINGS_EXIT_OPTION } from "../options/output_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";
import { compareByPath } from "../output/compare_by_path.ts";
import { formatDate } from "../output/format_date.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `prune` (spec: cli.md §4.7). */
export const command: CommandDefinition = {
  description: "Remove the snapshots of a group that no rule keeps.",
  positionals: [GROUP_POSITIONAL],
  options: [
    ...TARGET_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    LOCK_WAIT_OPTION,
    {
      name: "dry-run",
      type: { kind: "boolean" },
      description: "Show what would be removed, remove nothing.",
    },
    ...KEEP_OPTIONS,
    {
      name: "max-depth",
      type: { kind: "integer", minimum: 0, maximum: 7 },
      description: "Accepted for compatibility; repositories refuse it.",
    },
    {
      name: "quiet",
      type: { kind: "boolean" },
      default: false,
      description: "Show only what is removed.",
    },
    WARNINGS_EXIT_OPTION,
  ],
  output: "table",
  run: pruneGroup,
};

/** `prune` (spec: cli.md §4.7). Without any keep option everything is kept. */
async function pruneGroup(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  const group = parseGroupPath(values.requiredText("group"));
  // Not PBS_NAMESPACE: it never counted here, and what is pruned is gone (spec: cli.md §10, pitfall 7).
  const namespace = selectNamespace(values);
  if (values.has("max-depth")) {
    throw new UsageError(
      "parameter verification failed - 'max-depth': schema does not allow additional properties",
    );
  }
  const decisions = await repository.prune(
    { namespace, group, keep: keepOptionsOf(values), dryRun: values.flag("dry-run") },
    // Of a datastore directory only: the lines of a server are in the log of its task.
    (line) => context.output.log("warn", line.replace(/^WARN: /, "")),
  );
  const shown = values.flag("quiet") ? decisions.filter((each) => !each.keep) : decisions;
  printTable(values, context, {
    json: shown.map((decision) => ({
      "backup-type": decision.type,
      "backup-id": decision.id,
      "backup-time": decision.time,
      keep: decision.keep,
      protected: decision.protected,
      ns: namespace === "" ? undefined : namespace,
    })),
    text: (style) =>
      renderList(
        [
          { title: "snapshot", cell: formatSnapshotPath },
          { title: "date", align: "right", cell: ({ time }) => formatDate(time) },
          { title: "action", align: "right", cell: ({ keep }) => (keep ? "keep" : "remove") },
        ],
        shown.toSorted(compareByPath),
        style,
      ),
  });
  const stayed = decisions.filter((each) => each.stayed).length;
  if (stayed > 0) {
    throw new PbsError(
      stayed === 1
        ? "a snapshot that no rule keeps could not be removed, see the warning"
        : `${stayed} snapshots that no rule keeps could not be removed, see the warnings`,
    );
  }
}
