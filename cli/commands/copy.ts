import { NotFoundError, PbsError, UsageError } from "../../lib/errors/mod.ts";
import type { CopyPlan, Recoding, RecodingKind } from "../../lib/transfer/mod.ts";
import { MOMENT_FORMAT } from "../arguments/moment_format.ts";
import { parseMoment } from "../arguments/parse_moment.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { NAMESPACE_FORMAT, REPOSITORY_FORMAT } from "../arguments/value_formats.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openEncryptionKey } from "../keys/open_encryption_key.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { givenKey, readCryptOptions } from "../keys/read_crypt_options.ts";
import { COPYING_OPTIONS } from "../options/copying_options.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { CopyMessages, describeEstimate } from "../output/copy/copy_messages.ts";
import {
  copyEstimateToJson,
  copyOutcomeToJson,
  copyReportToJson,
} from "../output/copy/copy_to_json.ts";
import { valueFormat } from "../output/print_result.ts";
import { checkNamespace } from "../repository/check_namespace.ts";
import { lockWaitOf } from "../repository/lock_wait.ts";
import { openRepository } from "../repository/open_repository.ts";
import { openTarget } from "../repository/open_target.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { targetEnvironment } from "../repository/target_environment.ts";
import { catchSignals } from "../signals/catch_signals.ts";

const MAX_NAMESPACE_LEVELS = 7;
const MILLISECONDS = 1000;
const RECODINGS = ["reencrypt", "encrypt", "decrypt"] as const satisfies readonly RecodingKind[];

/** `copy`: ours, snapshots from one repository to another. */
export const command: CommandDefinition = {
  description:
    "Copy snapshots to another repository: what it has already is not moved, everything " +
    "else is moved as it is stored, and checked.",
  positionals: [{
    name: "snapshots",
    type: { kind: "string" },
    repeatable: true,
    completion: "group-or-snapshot",
    description:
      "Groups type/id, with wildcards if wanted (host/web*), and snapshots type/id/time or " +
      "type/id/latest; everything in the namespace and below it if absent.",
  }],
  options: [
    ...TARGET_OPTIONS,
    {
      name: "to",
      type: { kind: "string", format: REPOSITORY_FORMAT },
      required: true,
      completion: "repository",
      description:
        "Repository to copy to: a datastore directory, a server or a bucket, as in --repository.",
    },
    {
      name: "to-ns",
      type: { kind: "string", maxLength: 256, format: NAMESPACE_FORMAT },
      description: "Namespace to copy to, which is created if it does not exist; that of --ns if " +
        "absent, empty for the root.",
    },
    {
      name: "max-depth",
      type: { kind: "integer", minimum: 0, maximum: MAX_NAMESPACE_LEVELS },
      description:
        "Levels of namespaces below --ns to copy as well; all if no snapshots are named, " +
        "else none.",
    },
    {
      name: "last",
      type: { kind: "integer", minimum: 1 },
      description: "Copy only the newest so many snapshots of each group.",
    },
    {
      name: "since",
      type: { kind: "string", format: MOMENT_FORMAT },
      description: "Copy only snapshots from this date or time on, or not older than e.g. 30d.",
    },
    ...KEY_OPTIONS.filter(({ name }) => name !== "crypt-mode"),
    {
      name: "to-keyfile",
      type: { kind: "string" },
      completion: "file-name",
      description: "File with the encryption key of the copies, for --reencrypt and --encrypt.",
    },
    {
      name: "to-keyfd",
      type: { kind: "integer", minimum: 0 },
      description: "File descriptor to read that key from.",
    },
    {
      name: "reencrypt",
      type: { kind: "boolean" },
      default: false,
      description:
        "Encrypt and sign with the key of --to-keyfile what was encrypted or signed with " +
        "that of --keyfile.",
    },
    {
      name: "encrypt",
      type: { kind: "boolean" },
      default: false,
      description: "Encrypt snapshots that are not encrypted with the key of --to-keyfile.",
    },
    {
      name: "decrypt",
      type: { kind: "boolean" },
      default: false,
      description:
        "Decrypt with the key of --keyfile, and store the copies without any encryption.",
    },
    {
      name: "keep-protection",
      type: { kind: "boolean" },
      default: false,
      description: "Protect the copies of protected snapshots as well.",
    },
    {
      name: "init",
      type: { kind: "boolean" },
      default: false,
      description: "Create the datastore directory of --to if there is none.",
    },
    {
      name: "dry-run",
      type: { kind: "boolean" },
      default: false,
      description: "Show what would be copied and how much would be moved, change nothing.",
    },
    ...COPYING_OPTIONS,
  ],
  output: "value",
  run: copy,
};

async function copy(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  const format = valueFormat(values, context);
  const isDryRun = values.flag("dry-run");
  const recoding = await openRecoding(values, context);
  const create = values.flag("init") && !isDryRun;
  await using source = await openRepository(values, context, { waitsForLocks: false });
  await using target = await openTarget(values, context, create);
  const namespace = selectNamespace(values, environment);
  const targetNamespace = checkNamespace(values.text("to-ns") ?? namespace);
  if (source.displayName === target.displayName && namespace === targetNamespace) {
    throw new UsageError("--to names the repository itself, and --to-ns no other namespace of it");
  }
  const { CopyScope, estimateCopy, planCopy, progressOf, runCopy } = await import(
    "../../lib/transfer/mod.ts"
  );
  const words = values.texts("snapshots");
  const scope = words.length === 0 ? undefined : new CopyScope(words);
  using signals = catchSignals(() => output.log("info", "got shutdown request (SIGINT)"));
  const { signal } = signals;
  const plan = await planCopy(source, target, {
    namespace,
    maxDepth: values.integer("max-depth") ?? (scope === undefined ? MAX_NAMESPACE_LEVELS : 0),
    targetNamespace,
    isMeant: scope && ((snapshot, isNewest) => scope.includes(snapshot, isNewest)),
    last: values.integer("last"),
    sinceSeconds: sinceOf(values),
  });
  if (scope !== undefined && scope.unused.length > 0) {
    throw new NotFoundError(
      `there is no snapshot of ${scope.unused.map((word) => `"${word}"`).join(", ")} to copy`,
    );
  }
  if (isDryRun) {
    const estimate = await estimateCopy(source, target, plan, signal).finally(signals.rethrow);
    const wanted = wantedOf(plan);
    if (format !== "text") output.printJson(copyEstimateToJson(estimate), format);
    else for (const line of describeEstimate(wanted, estimate)) output.printLine(line);
    return;
  }
  using messages = new CopyMessages(output, format, progressOf(plan));
  let report;
  try {
    report = await runCopy({
      source,
      target,
      plan,
      signal,
      recoding,
      retries: values.requiredInteger("retry"),
      keepsProtection: values.flag("keep-protection"),
      lockWait: lockWaitOf(values, context),
    }, messages);
  } finally {
    signals.rethrow();
  }
  messages.finish(report);
  if (format !== "text") {
    const snapshots = messages.outcomes.map(copyOutcomeToJson);
    output.printJson({ ...copyReportToJson(report, messages.progress), snapshots }, format);
  }
  const { failed } = report.snapshots;
  if (failed === 0) return;
  throw new PbsError(
    failed === 1 ? "1 snapshot was not copied" : `${failed} snapshots were not copied`,
  );
}

/** Change of protection that `--reencrypt`, `--encrypt` and `--decrypt` ask for, with its keys. */
async function openRecoding(
  values: CommandValues,
  context: CommandContext,
): Promise<Recoding | undefined> {
  const asked = RECODINGS.filter((kind) => values.flag(kind));
  const keys = ["keyfile", "keyfd", "to-keyfile", "to-keyfd"].filter((name) => values.has(name));
  if (asked.length === 0) {
    if (keys.length === 0) return undefined;
    throw new UsageError(
      `--${
        keys[0]
      } has no effect without --reencrypt, --encrypt or --decrypt: a copy keeps its key`,
    );
  }
  const kinds = new Set(asked);
  const needsSource = kinds.has("reencrypt") || kinds.has("decrypt");
  const needsTarget = kinds.has("reencrypt") || kinds.has("encrypt");
  const sourceKey = needsSource
    ? await openRestoreKey(readCryptOptions(values, context), context)
    : undefined;
  if (needsSource && sourceKey === undefined) {
    throw new UsageError("--reencrypt and --decrypt need the key of the source: --keyfile");
  }
  const targetKey = needsTarget ? await openTargetKey(values, context) : undefined;
  const { checkRecoding } = await import("../../lib/transfer/mod.ts");
  const recoding = { kinds, sourceKey, targetKey };
  checkRecoding(recoding);
  return recoding;
}

async function openTargetKey(values: CommandValues, context: CommandContext) {
  const input = givenKey(values, "to-keyfile", "to-keyfd");
  if (input === undefined) throw new UsageError("--reencrypt and --encrypt need --to-keyfile");
  const environment = targetEnvironment(context.environment);
  return (await openEncryptionKey(input, { ...context, environment })).config;
}

function sinceOf(values: CommandValues): number | undefined {
  const text = values.text("since");
  return text === undefined ? undefined : parseMoment(text, Math.floor(Date.now() / MILLISECONDS));
}

function wantedOf({ groups }: CopyPlan) {
  return groups.flatMap(({ snapshots }) => snapshots)
    .filter(({ decision }) => decision === "copy")
    .map(({ from }) => from);
}
