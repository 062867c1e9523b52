/**
 * Metrics of the server, its datastores, groups and tasks, for collectors such as Prometheus.
 *
 * @module
 */

export * from "./metrics_service.ts";
export * from "./request_counts.ts";
