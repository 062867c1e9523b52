import type { Parameter } from "../command.ts";

/** A file of metrics about a run. */
export const METRICS_FILE_OPTION: Parameter = {
  name: "metrics-file",
  type: { kind: "string" },
  completion: "file-name",
  description: "File, named *.prom, in which metrics of the run are written for the text file " +
    "collector of a node exporter, also if it fails; those of other groups in it stay.",
};
