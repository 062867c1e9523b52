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

export { AccessControl } from "./access/access_control.ts";
export type { AccountConfig } from "./access/account_config.ts";
export { type AccessRule, AccessRules } from "./access/access_rules.ts";
export { ROLES } from "./access/privileges.ts";
export { SecondFactorStore } from "./access/second_factor_store.ts";
export { SecretStore } from "./access/secret_store.ts";
export { TicketSigner } from "./access/ticket_signer.ts";
export { BackupServer, type BackupServerOptions, type ServerTimeouts } from "./backup_server.ts";
export {
  checkDatastoreConfig,
  parseListenAddress,
  parseServerConfig,
} from "./config/parse_server_config.ts";
export {
  FIRST_USER,
  openServerFolder,
  readServerConfig,
  type ServerFolder,
} from "./config/server_folder.ts";
export { returnLargeBlocks as keepMemorySmall } from "../../ffi/allocator.ts";
export {
  createTotpSecret,
  normalizeTotpSecret,
  totpQrCode,
  totpStepOf,
  totpUri,
} from "./access/totp.ts";
export {
  type AccountChange,
  type RuleChange,
  ServerAdministration,
} from "./config/server_administration.ts";
export { notifyReady, type ServiceManager, serviceManagerOf } from "./service_manager.ts";
export type { DatastoreConfig, Maintenance, ServerConfig } from "./config/server_config.ts";
