/**
 * Objects of a bucket in an object store: reading, writing and listing them by their keys.
 *
 * @module
 */

export type {
  ListedObject,
  ListedPage,
  ObjectStore,
  PutObject,
  ReadObject,
} from "./object_store.ts";
