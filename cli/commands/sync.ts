import { PbsError, UsageError } from "../../lib/errors/mod.ts";
import { type Repository, withLockWait } from "../../lib/repository/mod.ts";
import type { SyncRequest } from "../../lib/sync/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { AUTH_ID_FORMAT, NAMESPACE_FORMAT, REPOSITORY_FORMAT } from "../arguments/value_formats.ts";
import type { Parameter } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { COPYING_OPTIONS } from "../options/copying_options.ts";
import { GROUP_FILTER_OPTION } from "../options/group_filter_option.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { syncOutcomeToJson, syncReportToJson } from "../output/sync/sync_to_json.ts";
import { checkNamespace } from "../repository/check_namespace.ts";
import { lockWaitOf } from "../repository/lock_wait.ts";
import { openRepository } from "../repository/open_repository.ts";
import { openTarget } from "../repository/open_target.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { catchSignals } from "../signals/catch_signals.ts";

function flag(name: string, description: string): Parameter {
  return { name, type: { kind: "boolean" }, default: false, description };
}

/** `sync`: ours, a repository that is kept equal to another one. */
export const command: CommandDefinition = {
  description: "Keep another repository equal to this one: copy what is new, and if asked remove " +
    "what has vanished.",
  positionals: [],
  options: [
    ...TARGET_OPTIONS,
    {
      name: "to",
      type: { kind: "string", format: REPOSITORY_FORMAT },
      required: true,
      completion: "repository",
      description: "Repository to keep equal, as in --repository.",
    },
    {
      name: "to-ns",
      type: { kind: "string", maxLength: 256, format: NAMESPACE_FORMAT },
      description: "Namespace there that stands for that of --ns, which is also its name if " +
        "absent; empty for the root. It is created if it does not exist.",
    },
    {
      name: "max-depth",
      type: { kind: "integer", minimum: 0, maximum: 7 },
      description: "Levels of namespaces below --ns; all if absent.",
    },
    GROUP_FILTER_OPTION,
    {
      name: "transfer-last",
      type: { kind: "integer", minimum: 1 },
      description: "Copy only the newest so many snapshots of each group.",
    },
    flag("encrypted-only", "Leave out snapshots that are not encrypted."),
    flag("verified-only", "Leave out snapshots that are not verified."),
    flag(
      "remove-vanished",
      "Remove from the other repository what is no longer in this one, but for protected " +
        "snapshots.",
    ),
    flag("resync-corrupt", "Fetch again what a verification of the other repository found bad."),
    {
      name: "owner",
      type: { kind: "string", format: AUTH_ID_FORMAT },
      description: "Who gets new groups in a datastore directory; groups of others are left alone.",
    },
    {
      name: "map-owner",
      type: { kind: "string", minLength: 1 },
      repeatable: true,
      description: "As --owner, for groups of one owner alone: FROM=TO.",
    },
    flag("init", "Create the datastore directory of --to if there is none."),
    flag("dry-run", "Show what would be done, change nothing."),
    {
      name: "workers",
      type: { kind: "integer", minimum: 1, maximum: 32 },
      default: 1,
      description: "How many groups to copy at a time.",
    },
    ...COPYING_OPTIONS,
  ],
  output: "value",
  run: sync,
};

async function sync(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  const format = valueFormat(values, context);
  const owners = ownersOf(values);
  const [{ runSync }, { parseGroupFilter }, { SyncMessages }] = await Promise.all([
    import("../../lib/sync/mod.ts"),
    import("../../lib/filters/mod.ts"),
    import("../output/sync/sync_messages.ts"),
  ]);
  const filters = values.texts("group-filter").map(parseGroupFilter);
  await using source = await openRepository(values, context, { waitsForLocks: false });
  const create = values.flag("init") && !values.flag("dry-run");
  await using opened = await openTarget(values, context, create);
  const wait = lockWaitOf(values, context);
  const target = wait === undefined ? opened : withLockWait(opened, wait);
  const sourceNamespace = selectNamespace(values, environment);
  const dryRun = values.flag("dry-run");
  using signals = catchSignals(() => output.log("info", "got shutdown request (SIGINT)"));
  using messages = new SyncMessages(output, format, dryRun);
  let report;
  try {
    report = await runSync({
      source,
      target,
      sourceNamespace,
      targetNamespace: checkNamespace(values.text("to-ns") ?? sourceNamespace),
      maxDepth: values.integer("max-depth"),
      filters,
      ...ownersIn(target, owners),
      transferLast: values.integer("transfer-last"),
      encryptedOnly: values.flag("encrypted-only"),
      verifiedOnly: values.flag("verified-only"),
      resyncCorrupt: values.flag("resync-corrupt"),
      removeVanished: values.flag("remove-vanished"),
      workers: values.requiredInteger("workers"),
      retries: values.requiredInteger("retry"),
      dryRun,
      signal: signals.signal,
    }, messages);
  } finally {
    signals.rethrow();
  }
  messages.finish(report);
  if (format !== "text") {
    const outcomes = messages.outcomes.map(syncOutcomeToJson);
    output.printJson({ "dry-run": dryRun, ...syncReportToJson(report), outcomes }, format);
  }
  if (report.failed === 0) return;
  throw new PbsError(
    report.failed === 1 ? "1 part of the sync failed" : `${report.failed} parts of the sync failed`,
  );
}

/** Owners of groups by their owners in the source; undefined is for all others. */
type Owners = ReadonlyMap<string | undefined, string>;

/** @throws {UsageError} if a mapping is none. */
function ownersOf(values: CommandValues): Owners {
  const owners = new Map<string | undefined, string>();
  const owner = values.text("owner");
  if (owner !== undefined) owners.set(undefined, owner);
  for (const text of values.texts("map-owner")) {
    const [from = "", to = "", ...rest] = text.split("=");
    if (rest.length > 0 || [from, to].some((each) => AUTH_ID_FORMAT.refusal(each) !== undefined)) {
      throw new UsageError(`--map-owner "${text}": expected FROM=TO, two users or API tokens`);
    }
    owners.set(from, to);
  }
  return owners;
}

/** @throws {UsageError} if owners are given for a server. */
function ownersIn(
  { authId, displayName }: Repository,
  owners: Owners,
): Pick<SyncRequest, "ownerFor" | "ownerOfNew"> {
  if (authId === undefined) {
    const ownerFor = (owner: string | undefined) => owners.get(owner) ?? owners.get(undefined);
    return { ownerFor, ownerOfNew: "root@pam" };
  }
  if (owners.size > 0) {
    throw new UsageError(
      `groups of ${displayName} belong to ${authId}, who makes them: --owner and --map-owner ` +
        "are for datastore directories",
    );
  }
  return { ownerFor: () => authId, ownerOfNew: authId };
}
