/**
 * The *configuration*, one readable file in the *server folder*, and the commands that change it.
 *
 * @module
 */

export * from "./bucket_name.ts";
export * from "./config_text.ts";
export * from "./datastore_administration.ts";
export * from "./datastore_backend.ts";
export * from "./datastore_members.ts";
export * from "./datastore_tuning.ts";
export type * from "./listen_address.ts";
export * from "./maintenance_mode.ts";
export * from "./parse_server_config.ts";
export * from "./property_string.ts";
export * from "./take_datastore.ts";
export * from "./request_thresholds.ts";
export * from "./section_config.ts";
export * from "./section_file.ts";
export * from "./server_administration.ts";
export * from "./server_config.ts";
export * from "./server_folder.ts";
