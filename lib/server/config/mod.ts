/**
 * The *configuration*, one readable file in the *server folder*, and the commands that change it.
 *
 * @module
 */

export * from "./config_text.ts";
export type * from "./listen_address.ts";
export * from "./parse_server_config.ts";
export * from "./section_config.ts";
export * from "./section_file.ts";
export * from "./server_administration.ts";
export * from "./server_config.ts";
export * from "./server_folder.ts";
