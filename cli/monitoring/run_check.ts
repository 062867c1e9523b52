import { describeError } from "../../lib/errors/mod.ts";
import {
  collectHealth,
  type GroupHealth,
  groupHealth,
  type HealthLimits,
  judgeHealth,
} from "../../lib/health/mod.ts";
import { parseGroupPath, type Repository } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { printTable } from "../output/print_result.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import { SignalError } from "../signals/signal_error.ts";
import { checkLine, type JudgedGroup, plainLine } from "./check_line.ts";
import { CHECK_CODES, worstLevel } from "./check_levels.ts";

/**
 * Judges groups, prints the line, and gives the exit code. A failure is printed as well: a monitoring
 * system shows its line, and takes any code but 0 to 3 for a fault of its own.
 */
export async function runCheck(
  values: CommandValues,
  context: CommandContext,
  limits: HealthLimits,
): Promise<number> {
  let groups: JudgedGroup[];
  try {
    await using repository = await openRepository(values, context);
    const now = Math.floor(Date.now() / 1000);
    groups = (await askedGroups(repository, values, context)).map((health) => ({
      health,
      verdict: judgeHealth(health, limits, now),
    }));
  } catch (error) {
    if (error instanceof SignalError) throw error;
    const reason = describeError(error).join(": ");
    print(values, context, {
      line: plainLine("unknown", reason),
      json: { status: "unknown", reason, groups: [] },
    });
    return CHECK_CODES.unknown;
  }
  const level = groups.length === 0
    ? "critical"
    : worstLevel(groups.map(({ verdict }) => verdict.level));
  print(values, context, {
    line: checkLine(level, groups, limits),
    json: { status: level, groups: groups.map(groupToJson) },
  });
  return CHECK_CODES[level];
}

async function askedGroups(
  repository: Repository,
  values: CommandValues,
  { environment }: CommandContext,
): Promise<GroupHealth[]> {
  const namespace = selectNamespace(values, environment);
  const paths = values.texts("group");
  if (paths.length === 0) return await collectHealth(repository, namespace);
  const groups: GroupHealth[] = [];
  for (const path of paths) {
    const group = parseGroupPath(path);
    groups.push(groupHealth(namespace, group, await snapshotsOf(repository, namespace, group)));
  }
  return groups;
}

/** The snapshots of a group; none of one that is not there, which counts as without backup. */
async function snapshotsOf(
  repository: Repository,
  namespace: string,
  group: ReturnType<typeof parseGroupPath>,
) {
  const snapshots = await repository.listSnapshots(namespace, group);
  return snapshots.filter(({ type, id }) => type === group.type && id === group.id);
}

function groupToJson({ health, verdict }: JudgedGroup): unknown {
  return {
    ns: health.namespace,
    "backup-type": health.type,
    "backup-id": health.id,
    status: verdict.level,
    reasons: verdict.reasons,
    "backup-count": health.snapshots,
    "last-backup": health.newest,
    age: verdict.age,
    "verify-age": verdict.verifyAge,
    "failed-verifications": health.failedVerifications,
  };
}

function print(
  values: CommandValues,
  context: CommandContext,
  { line, json }: { readonly line: string; readonly json: unknown },
): void {
  printTable(values, context, { json, text: () => `${line}\n` });
}
