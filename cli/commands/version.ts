import { describeError, PbsError, UsageError } from "../../lib/errors/mod.ts";
import type { ServerVersion } from "../../lib/remote/mod.ts";
import type { RepositoryAddress } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { VERSION } from "../version.ts";

/** `version` (spec: cli.md §4.9). */
export const command: CommandDefinition = {
  description: "Show the version of this program, and that of the server if there is one.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: showVersion,
};

/** `version`: of this program, and of the server if the repository has one (spec: cli.md §4.9). */
async function showVersion(values: CommandValues, context: CommandContext): Promise<void> {
  const format = valueFormat(values, context);
  const server = await serverVersion(values, context);
  const [major, minor, release] = VERSION.split(".");
  if (format === "text") {
    context.output.printLine(`client version: ${VERSION}`);
    if (server !== undefined) {
      context.output.printLine(`server version: ${server.version}.${server.release}`);
    }
    return;
  }
  const client = { version: `${major}.${minor}`, release, repoid: "" };
  context.output.printJson({ client, server }, format);
}

/**
 * Asks the server only if one is named: the command must start quickly. That it does not answer is
 * worth a line; that there is no password is an error.
 */
async function serverVersion(
  values: CommandValues,
  context: CommandContext,
): Promise<ServerVersion | undefined> {
  const address = await namedRepository(values, context);
  if (address?.kind !== "server") return undefined;
  const { openServer } = await import("../repository/open_server.ts");
  await using server = await openServer(address, context);
  try {
    return await server.version();
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    context.output.log("error", `could not connect to server - ${describeError(error)[0]}`);
    return undefined;
  }
}

async function namedRepository(
  values: CommandValues,
  context: CommandContext,
): Promise<RepositoryAddress | undefined> {
  const { selectRepository } = await import("../repository/select_repository.ts");
  try {
    return selectRepository(values, context);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
}
