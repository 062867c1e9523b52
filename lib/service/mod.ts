/**
 * Service: the manager that has started the process, if there is one.
 *
 * A *service manager* (systemd, or what speaks its protocol) passes sockets and hears, on a socket of
 * its own, when a service is *ready* and what its *status* is.
 *
 * @module
 */

export {
  notifyReady,
  notifyStatus,
  type ServiceManager,
  serviceManagerOf,
} from "./service_manager.ts";
