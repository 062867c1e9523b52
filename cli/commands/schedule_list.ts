import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { JOB_PLACE_OPTIONS } from "../options/schedule_options.ts";
import { formatDate } from "../output/format_date.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";

/** `schedule list`: ours. */
export const command: CommandDefinition = {
  description: "List the jobs that were installed with schedule install.",
  positionals: [],
  options: [...JOB_PLACE_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) => {
    const { choosePlaces } = await import("../scheduling/choose_places.ts");
    const places = choosePlaces(values, context);
    const jobs = (await Promise.all(
      places.map(async (place) =>
        (await place.list()).map((job) => ({ ...job, with: place.kind }))
      ),
    )).flat();
    const date = (seconds: number | undefined) => seconds === undefined ? "" : formatDate(seconds);
    printTable(values, context, {
      json: jobs,
      text: (style) =>
        renderList(
          [
            { title: "name", cell: (job) => job.name },
            { title: "with", cell: (job) => job.with },
            { title: "calendar", cell: (job) => job.calendar },
            { title: "next", cell: (job) => date(job.next) },
            { title: "last", cell: (job) => date(job.last) },
            { title: "command", cell: (job) => job.command },
          ],
          jobs,
          style,
        ),
    });
  },
};
