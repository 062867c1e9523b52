import type { Parameter } from "../command.ts";

/** Rules about which groups are meant. */
export const GROUP_FILTER_OPTION: Parameter = {
  name: "group-filter",
  type: { kind: "string", minLength: 1 },
  repeatable: true,
  description: "Only groups that match type:TYPE, group:TYPE/ID or regex:EXPRESSION; with " +
    "exclude: in front, all but those.",
};
