import { Alerts, type AlertTarget, alertTargetsOf } from "../../lib/alerts/mod.ts";
import { NotFoundError, PbsError } from "../../lib/errors/mod.ts";
import { openTomlTable } from "../../lib/tables/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { findJobsFile } from "../configuration/find_jobs_file.ts";
import { readInputText } from "../files/read_input_text.ts";
import { nearestWords } from "../hints/nearest_words.ts";
import { printTable } from "../output/print_result.ts";

const SERVER_FILE = "alerts.toml";
/** Far more than anybody writes. */
const MAX_BYTES = 256 * 1024;

/**
 * Tells each target a trial event.
 *
 * @throws {PbsError} if one could not be told; the others have been.
 */
export async function runAlertTrial(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { environment } = context;
  const path = filePath(values, context);
  const targets = chosen(readTargets(path), values.texts("alert"), path);
  const now = Math.floor(Date.now() / 1000);
  const rows: { alert: string; type: string; problem: string | undefined }[] = [];
  for (const target of targets) {
    // Trials leave no state, so the file is not made.
    const alerts = new Alerts({ targets: [target], stateFile: `${path}.told`, environment });
    const { problems } = await alerts.tell({
      what: "test",
      name: target.name,
      outcome: "ok",
      summary: "this is a trial of alerts, nothing has happened",
      startedAt: now,
      endedAt: now,
    });
    rows.push({ alert: target.name, type: target.type, problem: problems.join("; ") || undefined });
  }
  printTable(values, context, {
    json: rows,
    text: () =>
      rows.map(({ alert, type, problem }) =>
        `${alert} (${type}): ${problem === undefined ? "sent" : "failed"}\n`
      ).join(""),
  });
  const problems = rows.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) throw new PbsError(problems.join("\n"));
}

function filePath(values: CommandValues, context: CommandContext): string {
  const given = values.text("config");
  if (given !== undefined && isFolder(given)) return `${given}/${SERVER_FILE}`;
  return findJobsFile(values, context);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function readTargets(path: string): Map<string, AlertTarget> {
  const text = readInputText(path, MAX_BYTES);
  const { table, failure } = openTomlTable(text, `"${path}"`);
  try {
    return alertTargetsOf(table.value("alerts"));
  } catch (error) {
    throw failure(error);
  }
}

function chosen(
  targets: ReadonlyMap<string, AlertTarget>,
  names: readonly string[],
  path: string,
): AlertTarget[] {
  if (targets.size === 0) throw new NotFoundError(`there is no table [alerts.NAME] in "${path}"`);
  if (names.length === 0) return [...targets.values()];
  return names.map((name) => {
    const target = targets.get(name);
    if (target !== undefined) return target;
    const near = nearestWords(name, [...targets.keys()]);
    const guess = near.length === 0 ? "" : `, maybe ${near.join(" or ")}`;
    throw new NotFoundError(`there is no alert "${name}" in "${path}"${guess}`);
  });
}
