import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { valueFormat } from "../output/print_result.ts";
import { VERSION } from "../version.ts";

/** `version`: of this program, and of the server if the repository has one (spec: cli.md §4.9). */
export async function showVersion(values: CommandValues, context: CommandContext): Promise<void> {
  const format = valueFormat(values, context);
  await reportUnreachableServer(values, context);
  const [major, minor, release] = VERSION.split(".");
  if (format === "text") {
    context.output.printLine(`client version: ${VERSION}`);
    return;
  }
  const client = { version: `${major}.${minor}`, release, repoid: "" };
  context.output.printJson({ client }, format);
}

/** Looks at the repository only if one is named: the command must start quickly. */
async function reportUnreachableServer(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { selectRepository } = await import("../environment/select_repository.ts");
  try {
    const address = selectRepository(values, context);
    if (address.kind === "server") {
      context.output.log(
        "error",
        "could not connect to server - servers are not supported by this version",
      );
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
}
