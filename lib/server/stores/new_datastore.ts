import type { DatastoreProperties } from "../config/mod.ts";

/** A datastore that is to be created. */
export interface NewDatastore {
  readonly name: string;
  /** Properties as the configuration file has them, with `path`. */
  readonly properties: DatastoreProperties;
  /** Whether what is there already is taken over. */
  readonly reuse: boolean;
  /** Whether a bucket's prefix is taken over though somebody may be using it. */
  readonly overwriteInUse: boolean;
}
