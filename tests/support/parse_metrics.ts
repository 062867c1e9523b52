import { fromFileUrl } from "@std/path";

/** Peers that read metrics: the parsers of another implementation. */
export const METRICS_PEERS: readonly string[] = [
  "/usr/bin/python3",
  "/usr/lib/python3/dist-packages/prometheus_client/openmetrics/parser.py",
];

/** A family as the parser has read it. */
export interface ParsedFamily {
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly (readonly [string, Readonly<Record<string, string>>, number])[];
}

/** Reads metrics with the parser of a format; throws with its words if they are none. */
export async function parseMetrics(
  text: string,
  format: "openmetrics" | "prometheus",
): Promise<Record<string, ParsedFamily>> {
  const child = new Deno.Command("/usr/bin/python3", {
    args: [fromFileUrl(new URL("parse_metrics.py", import.meta.url)), format],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${new TextDecoder().decode(stderr)}\n${text}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
