import type { BucketJobName, BucketJobResult, SimulatedMarking } from "./bucket_jobs.ts";

/** What was measured. */
export interface BucketFigures {
  readonly results: ReadonlyMap<BucketJobName, readonly BucketJobResult[]>;
  readonly marking: SimulatedMarking;
  readonly roundTripMs: number;
  /** What the link may carry, bytes per second. */
  readonly linkRate: number;
}

type Results = readonly BucketJobResult[];

const HEADINGS = [
  ...["job", "ours: s, cpu s, MB", "beside: s, cpu s, MB", "ratio", "of cpu s"],
  ...["requests", "server: cpu s", "goal"],
];
/** Jobs of other programs. */
const PEERS: readonly BucketJobName[] = [
  ...["full, restic", "put, link", "get, link", "cp", "cp, disk"] as const,
];

/**
 * A table in Markdown. Seconds, rates and ratios are medians, ratios those of the runs of one round;
 * peaks are the largest ones.
 */
export function bucketTable(figures: BucketFigures): string {
  const { results, marking, roundTripMs, linkRate } = figures;
  const pair = (ours: BucketJobName, theirs: BucketJobName): [Results, Results] => [
    results.get(ours)!,
    results.get(theirs)!,
  ];
  const link = `${roundTripMs} ms`;
  const cp = "`cp -a` of the chunks";
  const rows = [
    ["full, bucket", ...compare(pair("full, bucket", "full, directory"), "directory"), "≤ 1.3"],
    ["full, bucket", ...compare(pair("full, bucket", "full, restic"), "restic"), "≤ 0.6"],
    [`full, bucket, ${link}`, ...fill(pair("full, link", "put, link"), linkRate), "≥ 0.8"],
    [`restore, bucket, ${link}`, ...fill(pair("restore, link", "get, link"), linkRate), "≥ 0.8"],
    [
      `full, bucket, ${link}, random`,
      ...fill(pair("random full, link", "put, link"), linkRate),
      "≥ 0.8",
    ],
    [
      `restore, bucket, ${link}, random`,
      ...fill(pair("random restore, link", "get, link"), linkRate),
      "≥ 0.8",
    ],
    [
      `unchanged, metadata mode, ${link}`,
      ...exceed(pair("unchanged, link", "unchanged, directory"), "directory"),
      "≤ 3 s more, ≤ 200 requests",
    ],
    ["copy of a directory", ...compare(pair("copy", "cp"), cp), "≤ 1.2"],
    ...results.has("copy, disk")
      ? [["copy of a directory to disk", ...compare(pair("copy, disk", "cp, disk"), cp), "≤ 1.2"]]
      : [],
    ["marking of a collection", ...describeMarking(marking), "≥ 3 million/s, ≤ 1 GB"],
    ["largest peak of ours", largestPeak(results), "", "", "", "", "", "≤ 250 MB"],
  ];
  return [HEADINGS, HEADINGS.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell || "-").join(" | ")} |`).join("\n");
}

function compare([ours, theirs]: [Results, Results], beside: string): string[] {
  const ratio = (part: "seconds" | "cpuSeconds") => {
    const value = median(ours.map((result, i) => result[part] / theirs[i]![part]));
    // Very short jobs take no processor time that could be measured.
    return Number.isFinite(value) ? value.toFixed(2) : "";
  };
  const cells = [describe(ours), `${beside}: ${describe(theirs)}`];
  return [...cells, ratio("seconds"), ratio("cpuSeconds"), ...describeServer(ours, theirs)];
}

/** What goes over the link in a second, against its rate and what curl has sent. */
function fill([ours, theirs]: [Results, Results], linkRate: number): string[] {
  const rate = ({ wireBytes, seconds }: BucketJobResult) => wireBytes / seconds;
  const megabytes = (list: Results) => `${(median(list.map(rate)) / 1e6).toFixed(1)} MB/s`;
  const ofLink = median(ours.map((result) => rate(result) / linkRate)).toFixed(2);
  const ofCurl = median(ours.map((result, i) => rate(result) / rate(theirs[i]!))).toFixed(2);
  return [
    ...[`${describe(ours)}, ${megabytes(ours)}`, `curl: ${megabytes(theirs)}`],
    ...[`${ofLink} of the link, ${ofCurl} of curl`, "", ...describeServer(ours)],
  ];
}

/** How much longer it takes. */
function exceed([ours, theirs]: [Results, Results], beside: string): string[] {
  const more = median(ours.map(({ seconds }, i) => seconds - theirs[i]!.seconds));
  const cells = [describe(ours), `${beside}: ${describe(theirs)}`];
  return [...cells, `${more.toFixed(2)} s more`, "", ...describeServer(ours)];
}

function describeMarking({ entries, times: { mark }, peakBytes }: SimulatedMarking): string[] {
  const rate = (seconds: number) => `${(entries / 1e6 / seconds).toFixed(1)} million entries`;
  return [
    `${rate(mark.wall)}/s, ${rate(mark.processor)}/cpu s, ${(peakBytes / 1e6).toFixed(0)} MB`,
    ...["", "", "", "", ""],
  ];
}

function describe(results: Results): string {
  const [seconds, cpuSeconds] = (["seconds", "cpuSeconds"] as const).map((part) =>
    median(results.map((result) => result[part])).toFixed(2)
  );
  return `${seconds}, ${cpuSeconds}, ${peak(results).toFixed(0)}`;
}

/** Requests, and what the server took for them, of those sides that have made any. */
function describeServer(...sides: Results[]): [string, string] {
  const served = sides.filter((results) => results.some(({ requests }) => requests > 0));
  const requests = served.map((results) => Math.max(...results.map((one) => one.requests)));
  const cpuSeconds = served.map((results) =>
    median(results.map(({ server }) => server!.cpuSeconds)).toFixed(2)
  );
  return [requests.join(" / "), cpuSeconds.join(" / ")];
}

function largestPeak(results: BucketFigures["results"]): string {
  const ours = [...results].filter(([name]) => name !== "marking" && !PEERS.includes(name));
  const [[name, megabytes]] = ours.map(([name, list]): [string, number] => [name, peak(list)])
    .sort(([, a], [, b]) => b - a) as [[string, number]];
  return `${megabytes.toFixed(0)} MB (${name})`;
}

function peak(results: Results): number {
  return Math.max(...results.map(({ largestMegabytes }) => largestMegabytes));
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
