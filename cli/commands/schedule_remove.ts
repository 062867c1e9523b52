import { NotFoundError } from "../../lib/errors/mod.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { JOB_NAME_POSITIONAL, JOB_PLACE_OPTIONS } from "../options/schedule_options.ts";

/** `schedule remove`: ours. */
export const command: CommandDefinition = {
  description: "Remove a job that was installed with schedule install.",
  positionals: [JOB_NAME_POSITIONAL],
  options: JOB_PLACE_OPTIONS,
  output: "none",
  run: async (values, context) => {
    const { requireJobName } = await import("../scheduling/install_job.ts");
    const { choosePlaces } = await import("../scheduling/choose_places.ts");
    const name = requireJobName(values.requiredText("name"));
    const removed: string[] = [];
    for (const place of choosePlaces(values, context)) removed.push(...await place.remove(name));
    if (removed.length === 0) throw new NotFoundError(`there is no job "${name}"`);
    for (const file of removed) context.output.log("info", `removed ${file}`);
  },
};
