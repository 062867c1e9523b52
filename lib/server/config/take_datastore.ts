import { UsageError } from "../../errors/mod.ts";
import { isSafeName } from "../../repository/mod.ts";
import { parseBackend } from "./datastore_backend.ts";
import { parseMaintenance } from "./maintenance_mode.ts";
import { parseThresholds } from "./request_thresholds.ts";
import type { SectionProperties } from "./section_properties.ts";
import type { DatastoreConfig } from "./server_config.ts";

const SYNC_LEVELS = ["none", "file", "filesystem"] as const;

/** Checks name and path of a datastore. @throws {UsageError} if one is wrong. */
export function checkDatastoreConfig(name: string, path: string): void {
  if (!isSafeName(name) || name.length < 3 || name.length > 32) {
    throw new UsageError(
      `"${name}" is not the name of a datastore (3 to 32 letters, digits, "_.-")`,
    );
  }
  if (!path.startsWith("/")) {
    throw new UsageError(`the path of datastore "${name}" is not absolute`);
  }
}

/** Reads the section of a datastore. @throws {UsageError} naming the line that is wrong. */
export function takeDatastore(name: string, reader: SectionProperties): DatastoreConfig {
  const path = reader.take("path") ?? reader.fail(`"path" is missing`);
  try {
    checkDatastoreConfig(name, path);
  } catch (error) {
    reader.fail((error as Error).message);
  }
  const comment = reader.take("comment");
  const sync = reader.take("sync-level");
  const syncLevel = SYNC_LEVELS.find((level) => level === sync);
  if (sync !== undefined && syncLevel === undefined) {
    reader.fail(`"sync-level" must be one of ${SYNC_LEVELS.join(", ")}`);
  }
  const maintenance = reader.takeParsed("maintenance-mode", parseMaintenance);
  const gcCutoffMinutes = reader.takeInteger("gc-cutoff");
  if (gcCutoffMinutes !== undefined && (gcCutoffMinutes < 1 || gcCutoffMinutes > 2880)) {
    reader.fail(`"gc-cutoff" must be between 1 and 2880 minutes`);
  }
  const gcAccessTimeCheck = reader.takeBoolean("gc-atime-safety-check", true);
  const gcSchedule = reader.takeSchedule("gc-schedule");
  const backend = reader.takeParsed("backend", parseBackend);
  return {
    name,
    path,
    verifyNew: reader.takeBoolean("verify-new", false),
    ...comment === undefined ? {} : { comment },
    ...syncLevel === undefined ? {} : { syncLevel },
    ...maintenance === undefined ? {} : { maintenance },
    ...gcCutoffMinutes === undefined ? {} : { gcCutoffMinutes },
    ...gcAccessTimeCheck ? {} : { gcAccessTimeCheck },
    ...gcSchedule === undefined ? {} : { gcSchedule },
    ...backend === undefined ? {} : { backend, ...readCounters(reader) },
  };
}

function readCounters(
  reader: SectionProperties,
): Pick<DatastoreConfig, "thresholds" | "counterResetSchedule"> {
  const thresholds = reader.takeParsed("notification-thresholds", parseThresholds);
  const counterResetSchedule = reader.takeSchedule("counter-reset-schedule");
  return {
    ...thresholds === undefined ? {} : { thresholds },
    ...counterResetSchedule === undefined ? {} : { counterResetSchedule },
  };
}
