// deno-lint-ignore-file no-console
import { statfs } from "node:fs/promises";
import { S3Server } from "../../tests/support/s3/s3_server.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { BucketJobs } from "./bucket_jobs.ts";
import { bucketTable } from "./bucket_table.ts";
import { sampleTree } from "./sample_tree.ts";
import { SlowLink } from "./slow_link.ts";

/** 1 Gbit/s. */
const LINK_BYTES_PER_SECOND = 125e6;
/** Room for the tree, its copies and what is stored of it. */
const ROOM_PER_BYTE = 6;
/** Of the files, for those that do not compress. */
const RANDOM_SHARE = 0.5;
const RANDOM_FILES = 32;

/** What the jobs with buckets work on. */
export interface BucketBenchmark {
  /** How pbs-client is started. */
  readonly program: string;
  /** Where the files come from. */
  readonly tree: string;
  /** How much of it. */
  readonly sizeBytes: number;
  /** Folder for the files, datastore directories, copies and restores. */
  readonly work: string;
  /** Folder on a disk, if copies are to go to one as well. */
  readonly disk: string | undefined;
  readonly rounds: number;
  /** Of the link to the store. */
  readonly roundTripMs: number;
  /** In the store that is simulated for the marking of a collection. */
  readonly simulatedChunks: number;
  /** Whether the S3 server speaks TLS. */
  readonly tls: boolean;
}

/**
 * Does all that buckets and copies have goals for, each job beside its like: backups and restores of a
 * bucket on a local S3 server with all its objects in memory, directly and through a slow link, copies
 * between directories, the marking of a collection. Prints a table in Markdown; of ratios the median.
 *
 * @throws If a number is none, there is no room for it, or a job fails.
 */
export async function runBuckets(options: BucketBenchmark): Promise<void> {
  const { sizeBytes, work: parent, rounds, roundTripMs, simulatedChunks } = options;
  for (const [name, value] of Object.entries({ sizeBytes, rounds, roundTripMs, simulatedChunks })) {
    if (!(value > 0)) throw new Error(`${name} has to be a number above 0`);
  }
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize < sizeBytes * ROOM_PER_BYTE) {
    const gibibytes = (sizeBytes * ROOM_PER_BYTE / 2 ** 30).toFixed(1);
    throw new Error(`${parent} has no room for ${gibibytes} GiB: take another --work, or --size`);
  }
  await using folder = await TempDir.make(parent);
  await using diskFolder = options.disk === undefined
    ? undefined
    : await TempDir.make(options.disk);
  const [work, disk] = [folder.path, diskFolder?.path];
  // The running command is ended, and everything removed, as after any failure.
  const stop = new AbortController();
  const end = () => stop.abort(new Error("interrupted"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);
  try {
    console.error(`copying files of ${options.tree}`);
    await sampleTree(options.tree, `${work}/tree`, sizeBytes);
    await makeRandomFiles(`${work}/random`, sizeBytes * RANDOM_SHARE);
    await using server = await S3Server.start({ tls: options.tls, noteRequests: true });
    const port = server.options.port;
    await using link = await SlowLink.start(port, roundTripMs / 2, LINK_BYTES_PER_SECOND);
    const jobs = new BucketJobs(options, { work, disk, server, link, signal: stop.signal });
    await jobs.warmUp();
    for (let round = 0; round < rounds; round++) await jobs.runRound(round);
    const marking = await jobs.mark();
    const { results } = jobs;
    console.log(bucketTable({ results, marking, roundTripMs, linkRate: LINK_BYTES_PER_SECOND }));
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, end);
  }
}

async function makeRandomFiles(path: string, sizeBytes: number): Promise<void> {
  await Deno.mkdir(path);
  const command = 'for i in $(seq $2); do head -c $1 /dev/urandom > "$0/$i"; done';
  const { success } = await new Deno.Command("bash", {
    args: ["-e", "-c", command, path, `${Math.ceil(sizeBytes / RANDOM_FILES)}`, `${RANDOM_FILES}`],
  }).output();
  if (!success) throw new Error(`cannot write random files to ${path}`);
}
