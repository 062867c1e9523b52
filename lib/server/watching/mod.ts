/**
 * *Watching*: what the server tells people of by itself: tasks that fail, groups without a new backup.
 *
 * @module
 */

export * from "./parse_alert_config.ts";
export * from "./server_watch.ts";
