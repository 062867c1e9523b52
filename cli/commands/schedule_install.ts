import { TIME_SPAN_FORMAT } from "../arguments/time_span_format.ts";
import type { CommandDefinition } from "../command_definition.ts";
import {
  JOB_NAME_POSITIONAL,
  JOB_PLACE_OPTIONS,
  JOB_SERVICE_OPTIONS,
} from "../options/schedule_options.ts";

/** `schedule install`: ours. */
export const command: CommandDefinition = {
  description: "Let the system run a command of this program at certain times.",
  positionals: [
    JOB_NAME_POSITIONAL,
    {
      name: "command",
      type: { kind: "string", acceptsBytes: true },
      required: true,
      repeatable: true,
      description:
        "Behind the word --: backup, prune, garbage-collect, datastore verify, maintain or " +
        "job run, with arguments and options.",
    },
  ],
  options: [
    ...JOB_PLACE_OPTIONS,
    ...JOB_SERVICE_OPTIONS,
    {
      name: "calendar",
      type: { kind: "string" },
      default: "daily",
      description: "When it is due, as systemd writes it: daily, 02:30, 'Mon..Fri 02:30'.",
    },
    {
      name: "encryption-password-file",
      type: { kind: "string" },
      completion: "file-name",
      description: "File with the passphrase of the key.",
    },
    {
      name: "key-file",
      type: { kind: "string" },
      completion: "file-name",
      description: "Encryption key; the command gets it as --keyfile.",
    },
    {
      name: "password-file",
      type: { kind: "string" },
      completion: "file-name",
      description: "File with the password of the user or the secret of the API token.",
    },
    {
      name: "random-delay",
      type: { kind: "string", format: TIME_SPAN_FORMAT },
      description: "Start up to so much later, e.g. 15m.",
    },
    {
      name: "s3-secret-key-file",
      type: { kind: "string" },
      completion: "file-name",
      description: "File with the secret key of a bucket.",
    },
  ],
  output: "none",
  run: async (values, context) => {
    const { installJob } = await import("../scheduling/install_job.ts");
    await installJob(values, context);
  },
};
