import type { Parameter } from "../command.ts";

/** An option that is off unless it is given. */
export function flagOption(name: string, description: string): Parameter {
  return { name, type: { kind: "boolean" }, default: false, description };
}
