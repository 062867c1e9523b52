import type { MetricFamily } from "./metric_family.ts";
import { sampleText } from "./sample_text.ts";

/** The types of what is rendered, as HTTP names them. */
export const METRICS_CONTENT_TYPE = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
} as const;

const SUFFIXES = { gauge: "", counter: "_total", info: "_info" } as const;

/**
 * The text of families. One without samples is left out.
 *
 * @param format OpenMetrics, or the text format that collectors of files read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const family = { name: "a", type: "counter", help: "As", samples: [{ value: 2 }] } as const;
 * assertEquals(
 *   renderMetrics([family], "openmetrics"),
 *   "# TYPE a counter\n# HELP a As\na_total 2\n# EOF\n",
 * );
 * ```
 */
export function renderMetrics(
  families: readonly MetricFamily[],
  format: keyof typeof METRICS_CONTENT_TYPE,
): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.samples.length === 0) continue;
    const full = family.name + SUFFIXES[family.type];
    if (format === "openmetrics") {
      lines.push(`# TYPE ${family.name} ${family.type}`);
      if (family.unit !== undefined) lines.push(`# UNIT ${family.name} ${family.unit}`);
      lines.push(`# HELP ${family.name} ${family.help}`);
    } else {
      // The older format knows no suffix and no kind that is not a number.
      const type = family.type === "info" ? "gauge" : family.type;
      lines.push(`# HELP ${full} ${family.help}`, `# TYPE ${full} ${type}`);
    }
    for (const { labels = {}, value } of family.samples) {
      lines.push(sampleText(full, labels, value));
    }
  }
  if (format === "openmetrics") lines.push("# EOF");
  return lines.map((line) => `${line}\n`).join("");
}
