import type { CommandDefinition } from "../command_definition.ts";
import { DATASTORE_OPTIONS } from "../options/datastore_parameters.ts";
import { SERVED_STORE_ARGUMENT, SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { datastoreProperties, runOnDatastore } from "../serving/datastore_work.ts";

/** `serve datastore create` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Create a datastore of the server, in a directory or in a bucket, or take one over.",
  positionals: [
    SERVED_STORE_ARGUMENT,
    {
      name: "path",
      type: { kind: "string" },
      required: true,
      completion: "file-name",
      description: "Its directory; for a bucket that of the local cache.",
    },
  ],
  options: [
    {
      name: "backend",
      type: { kind: "string" },
      description: "Bucket with its data, as type=s3,client=ENDPOINT,bucket=NAME and possibly " +
        ",max-cache-size=SIZE.",
    },
    ...DATASTORE_OPTIONS,
    {
      name: "reuse-datastore",
      type: { kind: "boolean" },
      default: false,
      description: "Whether to take over what is there already.",
    },
    {
      name: "overwrite-in-use",
      type: { kind: "boolean" },
      default: false,
      description: "Whether to take it over from another server, which must not use it any more.",
    },
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    const { createDatastore, formatBackend, parseBackend } = await import(
      "../../lib/server/mod.ts"
    );
    const path = values.requiredText("path");
    const backend = parseBackend(values.text("backend") ?? "filesystem");
    const properties = {
      path: path.startsWith("/") ? path : `${Deno.cwd()}/${path}`,
      ...backend === undefined ? {} : { backend: formatBackend(backend) },
      ...await datastoreProperties(values),
    };
    await runOnDatastore(
      values,
      context,
      "create-datastore",
      (host, name, task) =>
        createDatastore(host, {
          name,
          properties,
          reuse: values.flag("reuse-datastore"),
          overwriteInUse: values.flag("overwrite-in-use"),
        }, task),
    );
  },
};
