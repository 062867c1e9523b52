import { UsageError } from "../../lib/errors/mod.ts";
import {
  isBucketText,
  parseBucketAddress,
  type Repository,
  type VerifyProgress,
} from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import {
  OUTPUT_FORMAT_OPTION,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { describeVerification } from "../output/describe_verification.ts";
import { LiveLine } from "../output/live_line.ts";
import { valueFormat } from "../output/print_result.ts";
import { openRepository } from "../repository/open_repository.ts";
import { openLocalRepository } from "../repository/system_repositories.ts";
import { runTask } from "../tasks/run_task.ts";

/** `datastore verify`: ours, reads every snapshot and chunk of a datastore. */
export const command: CommandDefinition = {
  description: "Check every snapshot and every chunk of a datastore.",
  positionals: [{
    name: "path",
    type: { kind: "string" },
    completion: "file-name",
    description: "Directory, or s3:https://HOST/BUCKET/NAME; the repository if absent.",
  }],
  options: [
    ...REPOSITORY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    ...VERBOSITY_OPTIONS,
    WARNINGS_EXIT_OPTION,
  ],
  output: "value",
  run: verifyDatastore,
};

/** Opens what a path or an address of a bucket names. */
async function openAt(path: string, context: CommandContext): Promise<Repository> {
  const { environment, output, repositories, use } = context;
  if (!isBucketText(path)) return await openLocalRepository(path, context);
  const address = parseBucketAddress(path);
  use.note(address);
  return await repositories.open(address, { environment, output, create: false });
}

/** `datastore verify`: reads everything back and compares it with what the indexes say. */
async function verifyDatastore(
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
    : await openAt(path, context);
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
