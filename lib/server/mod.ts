/**
 * Server: an embedded Proxmox Backup Server over datastore directories of this machine.
 *
 * A *server* listens with TLS and answers *calls*: of the REST API, and on *upgraded* connections of
 * the backup and the reader protocol. A *route* says where a call is, what *parameters* it takes and
 * who answers it. A *caller* is known by a *ticket* or an *API token*; *access rules* give *roles*,
 * which are sets of *privileges*, at *ACL paths*. Long work is a *task*, known by its UPID, with a log
 * of its own. The *configuration* is one readable file; *secrets* lie beside it, readable for nobody
 * else (spec: protocol.md §9, docs/server.md).
 *
 * @module
 */

export {
  AccessControl,
  type AccessRule,
  AccessRules,
  type AccountConfig,
  createTotpSecret,
  normalizeTotpSecret,
  ROLES,
  SecondFactorStore,
  SecretStore,
  TicketSigner,
  totpQrCode,
  totpStepOf,
  totpUri,
} from "./access/mod.ts";
export {
  JSON_TYPE,
  type ParameterSchemas,
  type ParameterValues,
  parseRequestTarget,
  queryParameters,
  type Refusal,
  refusalFor,
  refusalResponse,
  verifyParameters,
} from "./api/mod.ts";
export { BackupServer, type BackupServerOptions, type ServerTimeouts } from "./backup_server.ts";
export {
  type AccountChange,
  checkDatastoreConfig,
  DatastoreAdministration,
  type DatastoreConfig,
  datastoreMembers,
  type DatastoreProperties,
  FIRST_USER,
  formatBackend,
  type ListenAddress,
  type Maintenance,
  openServerFolder,
  parseBackend,
  parseListenAddress,
  parseMaintenance,
  parseServerConfig,
  parseTuning,
  readServerConfig,
  removedProperties,
  type RuleChange,
  ServerAdministration,
  type ServerConfig,
  type ServerFolder,
} from "./config/mod.ts";
export {
  type JobKind,
  jobMembers,
  type JobProperties,
  type ServerJob,
  ServerJobs,
} from "./jobs/mod.ts";
export { openRemote, type RemoteChange, remoteMembers } from "./remotes/mod.ts";
export { BUCKET, endpointOptions, S3Endpoints } from "./endpoints/mod.ts";
export {
  checkEndpoint,
  createDatastore,
  type DatastoreRemoval,
  type NewDatastore,
  refreshDatastore,
  removeDatastore,
  resetCounters,
  StandaloneStores,
  type StoreWork,
} from "./stores/mod.ts";
export { RequestStatistics } from "./statistics/mod.ts";
export { JobScheduler, StandaloneJobs, startJob } from "./scheduling/mod.ts";
export { returnLargeBlocks as keepMemorySmall } from "../../ffi/allocator.ts";
