import { BACKUP_UPGRADE, READER_UPGRADE } from "../protocol/mod.ts";
import type { RestRoute } from "../state/mod.ts";
import { ACCESS_ROUTES } from "./access_routes.ts";
import { BROWSE_ROUTES } from "./browse_routes.ts";
import { DATASTORE_CONFIG_ROUTES } from "./datastore_config_routes.ts";
import { DATASTORE_ROUTES } from "./datastore_routes.ts";
import { GARBAGE_COLLECTION_ROUTES } from "./garbage_collection_routes.ts";
import { GENERAL_ROUTES } from "./general_routes.ts";
import { GROUP_ROUTES } from "./group_routes.ts";
import { JOB_ADMIN_ROUTES } from "./job_admin_routes.ts";
import { JOB_CONFIG_ROUTES } from "./job_config_routes.ts";
import { MOVE_ROUTES } from "./move_routes.ts";
import { NAMESPACE_ROUTES } from "./namespace_routes.ts";
import { PRUNE_ROUTES } from "./prune_routes.ts";
import { REMOTE_ROUTES } from "./remote_routes.ts";
import { REMOTE_SCAN_ROUTES } from "./remote_scan_routes.ts";
import { S3_ADMIN_ROUTES } from "./s3_admin_routes.ts";
import { S3_CONFIG_ROUTES } from "./s3_config_routes.ts";
import { SNAPSHOT_FILE_ROUTES } from "./snapshot_file_routes.ts";
import { SNAPSHOT_ROUTES } from "./snapshot_routes.ts";
import { SYNC_ROUTES } from "./sync_routes.ts";
import { TASK_ROUTES } from "./task_routes.ts";
import { VERIFICATION_ROUTES } from "./verification_routes.ts";

/** Every call of the REST API, by subject (spec: protocol.md §7). */
export const REST_ROUTES: readonly RestRoute[] = [
  BACKUP_UPGRADE,
  READER_UPGRADE,
  ...GENERAL_ROUTES,
  ...ACCESS_ROUTES,
  ...DATASTORE_ROUTES,
  ...DATASTORE_CONFIG_ROUTES,
  ...S3_CONFIG_ROUTES,
  ...S3_ADMIN_ROUTES,
  ...GROUP_ROUTES,
  ...SNAPSHOT_ROUTES,
  ...SNAPSHOT_FILE_ROUTES,
  ...BROWSE_ROUTES,
  ...NAMESPACE_ROUTES,
  ...MOVE_ROUTES,
  ...PRUNE_ROUTES,
  ...GARBAGE_COLLECTION_ROUTES,
  ...VERIFICATION_ROUTES,
  ...JOB_CONFIG_ROUTES,
  ...JOB_ADMIN_ROUTES,
  ...REMOTE_ROUTES,
  ...REMOTE_SCAN_ROUTES,
  ...SYNC_ROUTES,
  ...TASK_ROUTES,
];
