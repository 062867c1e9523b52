import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { selectRepository } from "./select_repository.ts";

/** Says that `--rate` and `--burst` have no effect where there is no connection. */
export function warnOfRate(values: CommandValues, context: CommandContext): void {
  if (!values.has("rate") && !values.has("burst")) return;
  if (selectRepository(values, context).kind !== "directory") return;
  context.output.log(
    "warn",
    "--rate and --burst limit connections, a datastore directory has none",
  );
}
