import type { BackupReport } from "../../lib/backup/mod.ts";
import { describeError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { METRICS_FILE_OPTION } from "../options/metrics_file_option.ts";
import { SignalError } from "../signals/signal_error.ts";

/**
 * Runs a backup and writes its metrics where the option says, whatever becomes of it. That they cannot
 * be written is a warning: the backup's own result stands.
 *
 * @throws {UsageError} if the file's name is none that a collector reads; nothing was run then.
 */
export async function withMetricsFile(
  values: CommandValues,
  context: CommandContext,
  run: () => Promise<BackupReport>,
): Promise<void> {
  const path = values.text(METRICS_FILE_OPTION.name);
  if (path === undefined || values.flag("dry-run")) {
    await run();
    return;
  }
  if (!path.endsWith(".prom")) {
    throw new UsageError(`--metrics-file '${path}' does not end with .prom, as collectors expect`);
  }
  const file = path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
  const startedAt = Date.now() / 1000;
  let report: BackupReport | undefined;
  try {
    report = await run();
  } catch (error) {
    if (!(error instanceof SignalError)) await write(values, context, file, { startedAt });
    throw error;
  }
  await write(values, context, file, { startedAt, report });
}

async function write(
  values: CommandValues,
  { environment, output }: CommandContext,
  file: string,
  { startedAt, report }: { readonly startedAt: number; readonly report?: BackupReport },
): Promise<void> {
  const { writeEventMetrics } = await import("../../lib/alerts/mod.ts");
  const namespace = values.text("ns") ?? environment.get("PBS_NAMESPACE") ?? "";
  const type = values.text("backup-type") ?? "host";
  const group = `${type}/${values.text("backup-id") ?? Deno.hostname().split(".")[0]}`;
  const sum = (sizes: readonly (number | undefined)[]) =>
    sizes.reduce<number>((all, size) => all + (size ?? 0), 0);
  try {
    await writeEventMetrics(file, {
      what: "backup",
      name: namespace === "" ? group : `${namespace}:${group}`,
      outcome: report === undefined ? "failed" : output.warnings > 0 ? "warnings" : "ok",
      summary: "",
      startedAt,
      endedAt: Date.now() / 1000,
      ...report === undefined || report.isUnchanged ? {} : {
        figures: {
          sizeBytes: sum(report.archives.map((archive) => archive.sizeBytes)),
          newBytes: sum(report.archives.map((archive) => archive.newBytes)),
          storedBytes: sum(
            report.archives.map((archive) => archive.addedBytes ?? archive.storedBytes),
          ),
          files: report.files,
          warnings: output.warnings,
        },
      },
    });
  } catch (error) {
    output.log("warn", `metrics were not written: ${describeError(error)[0]}`);
  }
}
