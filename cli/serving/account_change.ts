import type { AccountChange } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";

/** What the options of an account say. */
export function accountChange(values: CommandValues): AccountChange {
  return {
    enabled: values.has("enable") ? values.flag("enable") : undefined,
    expire: values.integer("expire"),
    comment: values.text("comment"),
  };
}
