import type { RemoteChange } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { REMOTE_OPTIONS } from "../options/remote_parameters.ts";

/**
 * The properties of a remote that were given.
 *
 * @param password Added if it is there.
 */
export function remoteProperties(
  values: CommandValues,
  password: string | undefined,
): RemoteChange["set"] {
  const given = REMOTE_OPTIONS.filter(({ name }) => values.has(name)).map(({ name, type }) => [
    name,
    type.kind === "integer" ? values.requiredInteger(name) : values.requiredText(name),
  ]);
  return { ...Object.fromEntries(given), ...password === undefined ? {} : { password } };
}
