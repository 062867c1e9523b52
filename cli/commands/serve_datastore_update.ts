import type { CommandDefinition } from "../command_definition.ts";
import { DATASTORE_UPDATE_OPTIONS } from "../options/datastore_parameters.ts";
import { SERVED_STORE_ARGUMENT, SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { datastoreProperties } from "../serving/datastore_work.ts";
import { serverFolderPath } from "../serving/server_folder_path.ts";

/** `serve datastore update`. */
export const command: CommandDefinition = {
  description: "Change the properties of a datastore of the server.",
  positionals: [SERVED_STORE_ARGUMENT],
  options: [...DATASTORE_UPDATE_OPTIONS, SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, { environment }) => {
    const { DatastoreAdministration, removedProperties } = await import(
      "../../lib/server/mod.ts"
    );
    const set = await datastoreProperties(values);
    const remove = removedProperties(values.texts("delete"), values.has("tuning"));
    const administration = new DatastoreAdministration(serverFolderPath(values, environment));
    await administration.update(values.requiredText("name"), set, remove);
  },
};
