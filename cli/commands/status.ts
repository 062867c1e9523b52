import { UsageError } from "../../lib/errors/mod.ts";
import type { Repository } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { printTable } from "../output/print_result.ts";
import { renderTable } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";

/** `status` (spec: cli.md §4.8). */
export const command: CommandDefinition = {
  description: "Show how much space the datastore uses and has left.",
  positionals: [],
  options: [
    ...REPOSITORY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    {
      name: "count-used",
      type: { kind: "boolean" },
      default: false,
      description: "In a bucket, which does not tell it, add up what is used: the store is asked " +
        "once for each 1000 objects, which may cost money and takes a while.",
    },
  ],
  output: "table",
  run: showStatus,
};

/** `status`: the space of the datastore (spec: cli.md §4.8). */
async function showStatus(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  const isCounted = values.flag("count-used");
  const { total, used, avail, backendType } = await repository.status();
  if (total === 0 && repository.countUsed !== undefined) {
    await showBucket(repository, values, context);
    return;
  }
  if (isCounted) {
    throw new UsageError(`--count-used is for buckets: ${repository.displayName} tells its size`);
  }
  printTable(values, context, {
    json: { total, used, avail, "backend-type": backendType },
    text: (style) => {
      if (total === 0) {
        context.output.errorLine("unable to format result: the size of the datastore is unknown");
        return "";
      }
      const row = (name: string, bytes: number): string[] => {
        const share = Math.floor((bytes + Math.floor(total / 200)) * 100 / total);
        return [name, `${bytes} ${`(${share} %)`.padStart(8)}`];
      };
      return renderTable({
        alignments: ["left", "right"],
        rows: [row("total", total), row("used", used), row("avail", avail)],
      }, style);
    },
  });
}

/** Facts about a bucket, which has no size. */
async function showBucket(
  repository: Repository,
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const namespaces = await repository.listNamespaces("");
  const lists = await Promise.all(
    namespaces.map(({ namespace }) => repository.listGroups(namespace)),
  );
  const groups = lists.flat();
  const snapshots = groups.reduce((sum, { backupCount }) => sum + backupCount, 0);
  const counted = values.flag("count-used") ? await repository.countUsed!() : undefined;
  if (counted === undefined) {
    context.output.log(
      "info",
      "A bucket does not tell how much is used; --count-used adds it up, with a request for each " +
        "1000 objects",
    );
  }
  printTable(values, context, {
    json: {
      ...{ total: 0, used: counted?.bytes ?? 0, avail: 0, "backend-type": "s3" },
      ...{ groups: groups.length, snapshots },
      ...counted === undefined ? {} : { objects: counted.objects, requests: counted.requests },
    },
    text: (style) =>
      renderTable({
        alignments: ["left", "right"],
        rows: [
          ["groups", String(groups.length)],
          ["snapshots", String(snapshots)],
          ...counted === undefined ? [] : [
            ["used", String(counted.bytes)],
            ["objects", String(counted.objects)],
            ["requests for it", String(counted.requests)],
          ],
        ],
      }, style),
  });
}
