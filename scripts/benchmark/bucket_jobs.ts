// deno-lint-ignore-file no-console
import { fromFileUrl } from "@std/path";
import type { S3Server } from "../../tests/support/s3/s3_server.ts";
import { measure, type Measurement } from "./measure.ts";
import type { SlowLink } from "./slow_link.ts";

const OBJECT_BYTES = 4 * 1024 * 1024;
const FEWEST_OBJECTS = 4;
const MOST_OBJECTS = 96;
const CURL_CONNECTIONS = 16;
/** Snapshots get times of their own, however quickly they follow each other. */
const FIRST_TIME = 1_700_000_000;
const SIMULATION = fromFileUrl(new URL("../simulate_collection.ts", import.meta.url));

/** A job that is timed. */
export type BucketJobName =
  | "full, directory"
  | "full, bucket"
  | "full, restic"
  | "full, link"
  | "restore, link"
  | "put, link"
  | "get, link"
  | "random full, link"
  | "random restore, link"
  | "unchanged, directory"
  | "unchanged, link"
  | "copy"
  | "cp"
  | "copy, disk"
  | "cp, disk"
  | "marking";

/** What a job took once. */
export interface BucketJobResult extends Measurement {
  /** Requests that the S3 server has answered meanwhile. */
  readonly requests: number;
  /** What went over the link, in the direction that had more. */
  readonly wireBytes: number;
}

/** The marking of a simulated collection. */
export interface SimulatedMarking {
  readonly entries: number;
  readonly times: { readonly mark: { readonly wall: number; readonly processor: number } };
  readonly peakBytes: number;
}

/** Where jobs take place. */
export interface BucketPlaces {
  /** Folder with files below `tree`, and with those that do not compress below `random`. */
  readonly work: string;
  /** Empty folder on a disk, if copies go to one as well. */
  readonly disk?: string | undefined;
  readonly server: S3Server;
  /** To the server. */
  readonly link: SlowLink;
  /** Ends the running job. */
  readonly signal: AbortSignal;
}

/** How jobs are done. */
export interface BucketJobOptions {
  /** How pbs-client is started. */
  readonly program: string;
  readonly sizeBytes: number;
  readonly simulatedChunks: number;
}

/** Jobs with buckets and those that they are compared with, round after round. */
export class BucketJobs {
  /** What all jobs have taken; of most, one for each round. */
  readonly results = new Map<BucketJobName, BucketJobResult[]>();
  readonly #options: BucketJobOptions;
  readonly #places: BucketPlaces;
  #nextTime = FIRST_TIME;

  constructor(options: BucketJobOptions, places: BucketPlaces) {
    this.#options = options;
    this.#places = places;
  }

  /** Stores what later runs find unchanged, and reads files and programs for the first time. */
  async warmUp(): Promise<void> {
    const { work, disk } = this.#places;
    // Once: a datastore's folders take longer to make and remove than a few chunks to copy.
    for (const parent of [work, ...disk === undefined ? [] : [disk]]) {
      await this.#run(`exec ${this.#options.program} datastore init ${parent}/copy`);
    }
    await this.#run(this.#backup("metadata"), { PBS_REPOSITORY: `${work}/split` });
    await this.#run(this.#backup("metadata"), this.#inBucket("split"));
  }

  /** All jobs once; those that are compared take turns at being the first. */
  async runRound(round: number): Promise<void> {
    const { work, disk, link } = this.#places;
    const here = `${work}/round`;
    const local = { PBS_REPOSITORY: `${here}/store` };
    await Deno.mkdir(here);
    await this.#run(this.#restic("init"), this.#resticEnv());
    await this.#inTurn(round, [
      ["full, directory", this.#backup("data"), local],
      ["full, bucket", this.#backup("data"), this.#inBucket("near")],
      ["full, restic", this.#restic(`backup ${work}/tree`), this.#resticEnv()],
    ]);
    await this.#emptyBucket("near", "restic");
    await this.#measureLink(here);
    await this.#overLink("", "tree");
    await this.#overLink("random ", "random");
    await this.#inTurn(round, [
      ["unchanged, directory", this.#backup("metadata"), { PBS_REPOSITORY: `${work}/split` }],
      ["unchanged, link", this.#backup("metadata"), this.#inBucket("split", link.port)],
    ]);
    await this.#copies(round, work, "");
    if (disk !== undefined) await this.#copies(round, disk, ", disk");
    await Deno.remove(here, { recursive: true });
  }

  /** A backup through the link, and the restore of it. */
  async #overLink(kind: "" | "random ", source: "tree" | "random"): Promise<void> {
    const { work, link } = this.#places;
    const env = this.#inBucket("far", link.port);
    const target = `${work}/round/restored`;
    const restore = `exec ${this.#options.program} restore host/bench root.pxar ${target}`;
    await this.#time(`${kind}full, link`, this.#backup("data", source), env);
    await this.#time(`${kind}restore, link`, restore, env);
    await this.#run(`exec diff -r --no-dereference ${work}/${source} ${target}`);
    await Deno.remove(target, { recursive: true });
    await this.#emptyBucket("far");
  }

  /** All chunks of the round's directory once more, all of them new. @param parent Of the copies. */
  async #copies(round: number, parent: string, kind: "" | ", disk"): Promise<void> {
    const { program } = this.#options;
    const store = `${this.#places.work}/round/store`;
    const [copy, cp] = [`${parent}/copy`, `${parent}/cp`];
    // Folders without a chunk are no part of the comparison: they are there already.
    const folders = `${this.#places.work}/folders`;
    await this.#run(
      `mkdir ${cp} && cd ${store}/.chunks && find . -type f -printf '%h\\0' | sort -zu > ${folders}`,
    );
    await this.#run(`exec sync -f ${parent}`);
    // On disk all of it has to be there when it is over; pbs-client sees to that by itself.
    const settle = kind === "" ? "" : ` && sync -f ${parent}`;
    await this.#inTurn(round, [
      [`copy${kind}`, `exec ${program} copy --to ${copy}`, { PBS_REPOSITORY: store }],
      [`cp${kind}`, `cd ${store}/.chunks && xargs -0 -a ${folders} cp -a -t ${cp}${settle}`, {}],
    ]);
    await this.#run(
      `! diff -rq ${copy}/.chunks ${cp} | grep -Ev '^Only in ${copy}/.chunks: [0-9a-f]{4}$'`,
    );
    await Deno.remove(cp, { recursive: true });
    await Deno.remove(`${copy}/host`, { recursive: true });
    await this.#run(
      `cd ${copy}/.chunks && xargs -0 -a ${folders} sh -c 'exec find "$@" -type f -delete' -`,
    );
  }

  /** The marking of a collection in a store that is nowhere. */
  async mark(): Promise<SimulatedMarking> {
    const chunks = this.#options.simulatedChunks;
    await this.#time(
      "marking",
      `exec ${Deno.execPath()} run -A --quiet ${SIMULATION} --json --chunks ${chunks} --snapshots 5`,
      {},
    );
    return JSON.parse(await Deno.readTextFile(this.#log)) as SimulatedMarking;
  }

  get #log(): string {
    return `${this.#places.work}/log`;
  }

  async #inTurn(
    round: number,
    jobs: readonly [BucketJobName, string, Record<string, string>][],
  ): Promise<void> {
    for (let i = 0; i < jobs.length; i++) await this.#time(...jobs[(i + round) % jobs.length]!);
  }

  async #time(name: BucketJobName, command: string, env: Record<string, string>): Promise<void> {
    const { server, link } = this.#places;
    const requests = await server.requestCount();
    const before = await link.counts();
    const measurement = await this.#run(command, env);
    const after = await link.counts();
    const result = {
      ...measurement,
      requests: await server.requestCount() - requests,
      wireBytes: Math.max(after.upBytes - before.upBytes, after.downBytes - before.downBytes),
    };
    this.results.set(name, [...this.results.get(name) ?? [], result]);
    console.error(
      `${name}: ${result.seconds.toFixed(2)} s, ${
        result.cpuSeconds.toFixed(2)
      } s of processor time, ` +
        `peak ${result.largestMegabytes.toFixed(0)} MB; server: ` +
        `${result.server!.cpuSeconds.toFixed(2)} s, ${result.requests} requests; ` +
        `link: ${(result.wireBytes / 1e6).toFixed(1)} MB`,
    );
  }

  async #run(command: string, env: Record<string, string> = {}): Promise<Measurement> {
    const { server, signal } = this.#places;
    signal.throwIfAborted();
    const result = await measure(command, env, this.#log, server.processId, signal);
    signal.throwIfAborted();
    if (result.exitCode !== 0) {
      throw new Error(`${command}\n${await Deno.readTextFile(this.#log)}`);
    }
    return result;
  }

  /** What the link carries if nothing but bytes is to be sent: objects side by side. */
  async #measureLink(folder: string): Promise<void> {
    const { server: { options, dir }, link } = this.#places;
    const wanted = Math.ceil(this.#options.sizeBytes / 8 / OBJECT_BYTES);
    const count = Math.max(FEWEST_OBJECTS, Math.min(MOST_OBJECTS, wanted));
    await this.#run(`head -c ${OBJECT_BYTES} /dev/urandom > ${folder}/object`);
    const trust = options.tls ? `--cacert ${dir.path}/cert.pem` : "";
    const curl =
      `exec curl --fail --silent --parallel --parallel-max ${CURL_CONNECTIONS} ${trust} ` +
      `--aws-sigv4 aws:amz:${options.region}:s3 --user "$CURL_USER" ` +
      "--header 'x-amz-content-sha256: UNSIGNED-PAYLOAD'";
    const url = `'${this.#scheme}://127.0.0.1:${link.port}/${options.bucket}/curl/[1-${count}]'`;
    const env = { CURL_USER: `${options.accessKey}:${options.secretKey}` };
    await this.#time("put, link", `${curl} --upload-file ${folder}/object ${url}`, env);
    await this.#time("get, link", `${curl} --output /dev/null ${url}`, env);
    await this.#emptyBucket("curl");
  }

  /** Removes what was stored under some names, behind the server's back: it keeps nothing in mind. */
  async #emptyBucket(...names: string[]): Promise<void> {
    for (const name of names) {
      await Deno.remove(`${this.#places.server.folder}/${name}`, { recursive: true });
    }
  }

  /** The command for a backup of all files. */
  #backup(mode: "data" | "metadata", source: "tree" | "random" = "tree"): string {
    const { program } = this.#options;
    return `exec ${program} backup root.pxar:${this.#places.work}/${source} --init --backup-id bench ` +
      `--backup-time ${this.#nextTime++} --change-detection-mode ${mode}`;
  }

  get #scheme(): string {
    return this.#places.server.options.tls ? "https" : "http";
  }

  /** For pbs-client. @param port That of the link, or of the server. */
  #inBucket(
    store: string,
    port: number = this.#places.server.options.port,
  ): Record<string, string> {
    const { bucket, accessKey, secretKey, fingerprint } = this.#places.server.options;
    return {
      PBS_REPOSITORY: `s3:${this.#scheme}://127.0.0.1:${port}/${bucket}/${store}`,
      PBS_S3_ACCESS_KEY: accessKey,
      PBS_S3_SECRET_KEY: secretKey,
      ...fingerprint === undefined ? {} : { PBS_FINGERPRINT: fingerprint },
    };
  }

  #restic(job: string): string {
    const { options, dir } = this.#places.server;
    return `exec restic ${options.tls ? `--cacert ${dir.path}/cert.pem` : ""} ${job}`;
  }

  #resticEnv(): Record<string, string> {
    const { server: { options }, work } = this.#places;
    const { port, bucket, region, accessKey, secretKey } = options;
    return {
      RESTIC_REPOSITORY: `s3:${this.#scheme}://127.0.0.1:${port}/${bucket}/restic`,
      RESTIC_PASSWORD: "bench",
      RESTIC_CACHE_DIR: `${work}/round/restic-cache`,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_DEFAULT_REGION: region!,
    };
  }
}
