import { UsageError } from "../../lib/errors/mod.ts";
import type { VerifyProgress } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openRepository } from "../environment/open_repository.ts";
import { openLocalRepository } from "../environment/system_repositories.ts";
import { valueFormat } from "../output/print_result.ts";
import { LiveLine } from "../output/live_line.ts";
import { describeVerification } from "../output/describe_verification.ts";
import { runTask } from "./run_task.ts";

/** `datastore verify`: reads everything back and compares it with what the indexes say. */
export async function verifyDatastore(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const format = valueFormat(values, context);
  const path = values.text("path");
  if (path !== undefined && values.has("repository")) {
    throw new UsageError("give either a path or --repository, not both");
  }
  await using repository = path === undefined
    ? await openRepository(values, context)
    : await openLocalRepository(path, context);
  using live = new LiveLine<VerifyProgress>(context.output, describeVerification);
  await runTask(
    context,
    format,
    (log, signal) =>
      repository.verify(
        { namespace: "", ignoreVerified: false },
        log,
        signal,
        (progress) => live.state = progress,
      ),
  );
}
