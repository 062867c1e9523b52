/**
 * Metrics: numbers with names and labels, as collectors read them (OpenMetrics 1.0, and the older text
 * format of Prometheus).
 *
 * A *family* is what metrics of one name have in common; a *sample* is one number of it, told from
 * others by its *labels*. A *gauge* is a number that is so now, a *counter* one that only grows.
 *
 * @module
 */

export type { MetricFamily, MetricSample } from "./metric_family.ts";
export { METRICS_CONTENT_TYPE, renderMetrics } from "./render_metrics.ts";
export { sampleText } from "./sample_text.ts";
