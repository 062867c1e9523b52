import type { AccountChange } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";

/** Change of an account by the options. */
export function accountChange(values: CommandValues): AccountChange {
  return {
    enabled: values.has("enable") ? values.flag("enable") : undefined,
    expire: values.integer("expire"),
    comment: values.text("comment"),
  };
}
