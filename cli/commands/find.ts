import {
  type BackupSnapshot,
  describeRepository,
  formatGroupPath,
  isFinished,
  parseGroupPath,
  type Repository,
} from "../../lib/repository/mod.ts";
import { NotFoundError } from "../../lib/errors/mod.ts";
import type { FoundName, SearchProgress, SearchScope } from "../../lib/search/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { MOMENT_FORMAT } from "../arguments/moment_format.ts";
import { parseMoment } from "../arguments/parse_moment.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { userFile } from "../files/user_file.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { compareByPath } from "../output/compare_by_path.ts";
import { LiveLine } from "../output/live_line.ts";
import { printTable } from "../output/print_result.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { warnOfRate } from "../repository/warn_of_rate.ts";
import { catchSignals } from "../signals/catch_signals.ts";

const DEFAULT_LIMIT = 1000;
/** Letters of catalogs by what users call them. */
const TYPES: Readonly<Record<string, string>> = { file: "fh", directory: "d", symlink: "l" };

/** `find`: ours, in which snapshots a file is. */
export const command: CommandDefinition = {
  description:
    "Find out in which snapshots a file or directory is, and which versions of it there are. " +
    "Contents are not read, and names only once: they are kept in the user's cache folder.",
  positionals: [{
    name: "pattern",
    type: { kind: "string", minLength: 1 },
    required: true,
    description:
      "Name, or pattern with * ? [...] as of find -name. With a slash in it the path is " +
      "compared: from the root of the archive if it begins with a slash, else its end; ** stands for " +
      "any number of directories. A slash at its end means directories.",
  }],
  options: [
    ...TARGET_OPTIONS,
    ALSO_FROM_OPTION,
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    ...VERBOSITY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    {
      name: "archive",
      type: { kind: "string" },
      description: "Only in archives of this name, e.g. root.pxar.",
    },
    {
      name: "group",
      type: { kind: "string" },
      repeatable: true,
      completion: "group",
      description:
        "Only in the snapshots of this group, type/id; all groups of the namespace if absent.",
    },
    {
      name: "ignore-case",
      type: { kind: "boolean" },
      default: false,
      description: "Upper and lower case are the same.",
    },
    {
      name: "limit",
      type: { kind: "integer", minimum: 1, maximum: 100_000 },
      default: DEFAULT_LIMIT,
      description: "Paths that are shown at most.",
    },
    {
      name: "newer",
      type: { kind: "string", format: MOMENT_FORMAT },
      description: "Only files that were modified since.",
    },
    {
      name: "since",
      type: { kind: "string", format: MOMENT_FORMAT },
      description: "Only snapshots that were made since.",
    },
    {
      name: "type",
      type: { kind: "enum", values: Object.keys(TYPES) },
      description: "Only entries of this type.",
    },
    {
      name: "until",
      type: { kind: "string", format: MOMENT_FORMAT },
      description: "Only snapshots that were made before.",
    },
  ],
  output: "table",
  run: find,
};

async function find(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output, use } = context;
  const [{ NamePattern, searchNames, ShelfFolder }, { foundNamesToText, foundNameToJson }] =
    await Promise.all([
      import("../../lib/search/mod.ts"),
      import("../output/search/found_names.ts"),
    ]);
  const pattern = new NamePattern(values.requiredText("pattern"), {
    ignoreCase: values.flag("ignore-case"),
  });
  await using repository = await openRepository(values, context);
  warnOfRate(values, context);
  const cryptOptions = readCryptOptions(values, context);
  const namespace = selectNamespace(values, environment);
  const scopes = await scopesOf(repository, namespace, values);
  const crypt = await openRestoreKey(cryptOptions, context);
  const path = userFile(environment, "XDG_CACHE_HOME", ".cache", "names");
  const name = use.name ?? describeRepository(use.address!);
  using signals = catchSignals(() => output.log("info", "interrupted"));
  using live = new LiveLine<SearchProgress>(output, describeReading);
  const limit = values.integer("limit") ?? DEFAULT_LIMIT;
  const letters = TYPES[values.text("type") ?? ""];
  const found: FoundName[] = [];
  let isCut = false;
  search: for (const scope of scopes) {
    const names = searchNames(repository, scope, {
      pattern,
      newerThan: momentOf(values, "newer"),
      types: letters === undefined ? undefined : new Set(letters),
      archive: values.text("archive"),
      crypt,
      folder: path === undefined ? undefined : new ShelfFolder(path, name),
      onProgress: (state) => live.state = state,
      log: (level, line) => output.log(level, line),
      signal: signals.signal,
    });
    try {
      for await (const each of names) {
        isCut = found.length === limit;
        if (isCut) break search;
        found.push(each);
      }
    } catch (error) {
      signals.rethrow();
      throw error;
    }
  }
  live[Symbol.dispose]();
  printTable(values, context, {
    json: found.map(foundNameToJson),
    text: (style) => foundNamesToText(found, style),
  });
  if (isCut) output.log("warn", `there is more than these ${limit} paths (--limit)`);
  else if (found.length === 0) output.log("info", "nothing was found");
}

/** Snapshots that are searched, by group. */
async function scopesOf(
  repository: Repository,
  namespace: string,
  values: CommandValues,
): Promise<SearchScope[]> {
  const [since, until] = [momentOf(values, "since"), momentOf(values, "until")];
  const isWanted = ({ time }: BackupSnapshot) =>
    (since === undefined || time >= since) && (until === undefined || time < until);
  const asked = values.texts("group").map(parseGroupPath);
  const lists = asked.length === 0
    ? [await repository.listSnapshots(namespace)]
    : await Promise.all(asked.map((group) => repository.listSnapshots(namespace, group)));
  const scopes = new Map<string, SearchScope & { readonly snapshots: BackupSnapshot[] }>();
  for (const [i, list] of lists.entries()) {
    if (list.length === 0 && asked[i] !== undefined) {
      throw new NotFoundError(
        `backup group ${formatGroupPath(asked[i])} does not contain any snapshots.`,
        { situation: { kind: "no-snapshot", group: formatGroupPath(asked[i]), hasOthers: false } },
      );
    }
    for (const snapshot of list.toSorted(compareByPath)) {
      if (!isFinished(snapshot) || !isWanted(snapshot)) continue;
      const { type, id, time } = snapshot;
      const key = formatGroupPath(snapshot);
      const scope = scopes.get(key) ?? { namespace, group: { type, id }, snapshots: [] };
      scopes.set(key, scope);
      scope.snapshots.push({ type, id, time });
    }
  }
  return [...scopes.values()];
}

function momentOf(values: CommandValues, name: string): number | undefined {
  const text = values.text(name);
  return text === undefined ? undefined : parseMoment(text, Math.floor(Date.now() / 1000));
}

function describeReading({ archivesDone, archivesTotal }: SearchProgress): string {
  return `reading names: ${archivesDone} of ${archivesTotal}`;
}
