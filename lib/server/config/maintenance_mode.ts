import { UsageError } from "../../errors/mod.ts";
import type { DatastoreConfig, Maintenance } from "./server_config.ts";

const MODE = /^(?:type=)?(read-only|offline|delete|s3-refresh)(?:,message=(.*))?$/;

/** Reads a maintenance mode: its type, and then a message. @throws {UsageError} if it is none. */
export function parseMaintenance(text: string): Maintenance {
  const match = MODE.exec(text);
  if (match === null) {
    throw new UsageError(`it must be "read-only" or "offline", and then ",message=…"`);
  }
  return { type: match[1] as Maintenance["type"], message: match[2] ?? "" };
}

/** The text that {@linkcode parseMaintenance} reads. */
export function formatMaintenance({ type, message }: Maintenance): string {
  return message === "" ? type : `${type},message=${message}`;
}

/** Whether a datastore can be read, as far as its maintenance mode goes. */
export function isReadable({ maintenance }: Pick<DatastoreConfig, "maintenance">): boolean {
  return maintenance === undefined || refusalOf(maintenance, "read") === undefined;
}

/** The reason why a datastore in maintenance is refused; undefined if it can be read. */
export function refusalOf(
  { type, message }: Maintenance,
  use: "read" | "write",
): string | undefined {
  switch (type) {
    case "read-only":
      return use === "read" ? undefined : `read-only maintenance mode: ${message}`;
    case "offline":
      return `offline maintenance mode: ${message}`;
    case "s3-refresh":
      return `S3 refresh maintenance mode: ${message}`;
    case "delete":
      return "datastore is being deleted";
  }
}
