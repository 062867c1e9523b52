// deno-lint-ignore-file no-console
import { makeImage } from "./image.ts";
import { measure, type Measurement } from "./measure.ts";
import { MountedArchive } from "./mounted_archive.ts";
import { timePage } from "./page_jobs.ts";
import { ServedStore } from "./served_store.ts";

const BIG_BYTES = 256 * 1024 * 1024;
const IMAGE_BYTES = 1024 * 1024 * 1024;
const SMALL_FILES = 20_000;
const SMALL_BYTES = 6 * 1024;
const FLAT_ENTRIES = 100_000;
const FOLDERS = 100;
const CHANGES_PER_SNAPSHOT = 20;
const FIO =
  "fio --name=random --readonly --rw=randread --bs=4k --direct=1 --numjobs=8 --runtime=5 " +
  "--time_based --group_reporting --output-format=terse --terse-version=3";
/** Where terse output of version 3 has the number of reads per second. */
const FIO_READS_FIELD = 8;

/** What is looked into, and where everything goes. */
export interface LookBenchmark {
  /** How pbs-client is started. */
  readonly program: string;
  /** Tree of 100,000 entries or more. */
  readonly tree: string;
  /** Folder under which trees and datastore are made. */
  readonly work: string;
  /** Folder under which restores go: a tmpfs. */
  readonly target: string;
  /** How many snapshots are searched for a name. */
  readonly snapshots: number;
}

/**
 * Times looking into snapshots without restoring them: through mounts, as block device, and with
 * `cat`, `catalog dump`, `find` and the page; local and through a server, each right beside the like with the
 * source. The chunks are in the page cache, what the mount itself keeps is not ("first time").
 */
export async function runLook(options: LookBenchmark): Promise<void> {
  const work = await Deno.makeTempDir({ dir: options.work, prefix: "pbs-client-look-" });
  const target = await Deno.makeTempDir({ dir: options.target, prefix: "pbs-client-look-" });
  let served: ServedStore | undefined;
  try {
    await makeTrees(options.tree, work);
    served = await ServedStore.start(options.program, `${work}/served`);
    const cache = { XDG_CACHE_HOME: `${work}/cache` };
    const local = { PBS_REPOSITORY: `${work}/served/store`, ...cache };
    const bench = new LookRun(options, work, target, local);
    await bench.backUp();
    console.log(
      "job                                        place   seconds   beside    ratio  goal",
    );
    for (
      const [place, env] of [["local", local], ["served", {
        ...served.environment(),
        ...cache,
      }]] as const
    ) {
      for (const form of ["legacy", "split"]) await bench.mounts(place, env, form);
      await bench.commands(place, env);
      await bench.map(place, env);
      for (const form of ["legacy", "split"]) await bench.page(place, env, form);
    }
    await bench.searches();
    console.log(`mounts and maps took ${bench.peakMegabytes.toFixed(0)} MB at most (goal 250)`);
  } finally {
    await served?.[Symbol.asyncDispose]();
    await Deno.remove(work, { recursive: true });
    await Deno.remove(target, { recursive: true });
  }
}

type Environment = Record<string, string>;

/** The jobs, with what they have in common. */
class LookRun {
  peakMegabytes = 0;
  readonly #beside = new Map<string, number>();

  constructor(
    readonly options: LookBenchmark,
    readonly work: string,
    readonly target: string,
    readonly local: Environment,
  ) {}

  async backUp(): Promise<void> {
    const { program, tree } = this.options;
    for (const [form, mode] of [["legacy", "legacy"], ["split", "data"]]) {
      const archives = `root.pxar:${tree} made.pxar:${this.work}/made big.pxar:${this.work}/big`;
      await this.#run(
        `${program} backup ${archives} --backup-id ${form} --change-detection-mode ${mode}`,
        this.local,
      );
    }
    await this.#run(`${program} backup disk.img:${this.work}/image --backup-id image`, this.local);
  }

  async mounts(place: string, env: Environment, form: string): Promise<void> {
    const { tree } = this.options;
    const name = (job: string) => `${form}: ${job}`;
    {
      await using mount = await this.#mount(env, `host/${form}`, "root.pxar");
      const list = (at: string) => `find ${at} -ls`;
      await this.#pair(name("find -ls"), place, list(mount.path), list(tree), "<= 3");
      this.#note(mount);
    }
    {
      await using mount = await this.#mount(env, `host/${form}`, "made.pxar");
      const list = (at: string) => `find ${at}/flat -ls`;
      await this.#pair(
        name("find -ls, a folder of 100,000"),
        place,
        list(mount.path),
        list(`${this.work}/made`),
        "<= 3",
      );
      const tar = (at: string) => `tar -C ${at} -cf - small | cat`;
      await this.#pair(
        name("tar of 20,000 small files"),
        place,
        tar(mount.path),
        tar(`${this.work}/made`),
        "<= 2",
      );
      this.#note(mount);
    }
    const restore = `${this.options.program} restore host/${form} big.pxar ${this.target}/big`;
    const restored = await this.#run(restore, env);
    await Deno.remove(`${this.target}/big`, { recursive: true });
    await using mount = await this.#mount(env, `host/${form}`, "big.pxar");
    const read = (at: string) => `cat ${at}/file`;
    const cold = await this.#run(read(mount.path), {});
    this.#print(
      name("read 256 MiB, beside restore"),
      place,
      cold.seconds,
      restored.seconds,
      "<= 1.43",
    );
    await this.#pair(
      name("read 256 MiB again"),
      place,
      read(mount.path),
      read(`${this.work}/big`),
      "<= 2",
    );
    this.#note(mount);
  }

  async commands(place: string, env: Environment): Promise<void> {
    const { program } = this.options;
    for (const form of ["legacy", "split"]) {
      const one = await this.#run(`${program} cat host/${form} made.pxar small/7/7`, env);
      this.#print(`${form}: cat of 6 KiB`, place, one.seconds, undefined, "<= 0.5 s");
      const dump = `snapshot=$(${program} snapshot list host/${form} --output-format json | ` +
        `sed 's/.*"backup-time":\\([0-9]*\\).*/\\1/'); time=$(date -u -d @$snapshot +%FT%TZ); ` +
        `${program} catalog dump host/${form}/$time`;
      const dumped = await this.#run(dump, env);
      this.#print(
        `${form}: catalog dump (and snapshot list)`,
        place,
        dumped.seconds,
        undefined,
        "",
      );
    }
  }

  async map(place: string, env: Environment): Promise<void> {
    const { program } = this.options;
    const mapped = await this.#run(`${program} map host/image disk.img`, env);
    const log = await Deno.readTextFile(`${this.work}/log`);
    const device = /\/dev\/loop\d+/.exec(log)?.[0];
    if (mapped.exitCode !== 0 || device === undefined) throw new Error(log);
    try {
      for (const state of ["first", "again"]) {
        await this.#run(`${FIO} --filename=${device}`, {});
        const fields = (await Deno.readTextFile(`${this.work}/log`)).trim().split("\n").at(-1)!
          .split(";");
        await this.#run(`${FIO} --filename=${this.work}/image`, {});
        const source = (await Deno.readTextFile(`${this.work}/log`)).trim().split("\n").at(-1)!
          .split(";");
        console.log(
          `random 4 KiB reads of 1 GiB by 8, ${state}`.padEnd(43) + place.padEnd(8) +
            `${fields[FIO_READS_FIELD - 1]} reads/s, the source ${source[FIO_READS_FIELD - 1]}`,
        );
      }
    } finally {
      await this.#run(`${program} unmap ${device}`, env);
    }
  }

  async page(place: string, env: Environment, form: string): Promise<void> {
    const jobs = await timePage({
      program: this.options.program,
      env,
      group: `host/${form}`,
      archive: "made.pxar",
      folder: "flat",
      first: "f0",
      last: "small",
      searched: ["f4711", "f4712"],
    });
    for (const { job, seconds } of jobs) {
      const goal = job.startsWith("page: search") ? "" : "<= 1 s";
      this.#print(`${form}: ${job}`, place, seconds, undefined, goal);
    }
  }

  async searches(): Promise<void> {
    const { program, snapshots } = this.options;
    for (let made = 0; made < snapshots; made++) {
      for (let change = 0; change < CHANGES_PER_SNAPSHOT; change++) {
        const at = (made * CHANGES_PER_SNAPSHOT + change) % FLAT_ENTRIES;
        await Deno.writeTextFile(`${this.work}/many/${at % FOLDERS}/f${at}`, `${made}`);
      }
      await this.#run(
        `${program} backup root.pxar:${this.work}/many --backup-id many --change-detection-mode metadata ` +
          `--backup-time ${1_700_000_000 + made * 86400}`,
        this.local,
      );
    }
    for (const time of ["first time", "second time", "third time"]) {
      const found = await this.#run(`${program} find f4711 --group host/many`, this.local);
      this.#print(
        `find in ${snapshots} snapshots, ${time}`,
        "local",
        found.seconds,
        undefined,
        "<= 1 s",
      );
    }
  }

  async #mount(env: Environment, snapshot: string, archive: string): Promise<MountedArchive> {
    const path = await Deno.makeTempDir({ dir: this.work, prefix: "mount-" });
    return await MountedArchive.start(
      `${this.options.program} mount ${snapshot} ${archive} ${path}`,
      path,
      env,
    );
  }

  #note(mount: MountedArchive): void {
    this.peakMegabytes = Math.max(this.peakMegabytes, mount.peakMegabytes());
  }

  async #pair(
    job: string,
    place: string,
    ours: string,
    theirs: string,
    goal: string,
  ): Promise<void> {
    // The source is read once before, for it is in the page cache then.
    if (!this.#beside.has(theirs)) await this.#run(theirs, {});
    this.#beside.set(theirs, (await this.#run(theirs, {})).seconds);
    const { seconds } = await this.#run(ours, {});
    this.#print(job, place, seconds, this.#beside.get(theirs), goal);
  }

  #print(
    job: string,
    place: string,
    seconds: number,
    beside: number | undefined,
    goal: string,
  ): void {
    const ratio = beside === undefined ? "" : (seconds / beside).toFixed(2);
    console.log(
      `${job.padEnd(42)} ${place.padEnd(7)} ${seconds.toFixed(2).padStart(7)} ` +
        `${(beside?.toFixed(2) ?? "").padStart(8)} ${ratio.padStart(8)}  ${goal}`,
    );
  }

  async #run(command: string, env: Environment): Promise<Measurement> {
    const result = await measure(command, env, `${this.work}/log`);
    if (result.exitCode !== 0) {
      throw new Error(`${command}: ${await Deno.readTextFile(`${this.work}/log`)}`);
    }
    return result;
  }
}

async function makeTrees(tree: string, work: string): Promise<void> {
  await Deno.mkdir(`${work}/big`);
  await makeImage(tree, `${work}/big/file`, BIG_BYTES, false);
  await makeImage(tree, `${work}/image`, IMAGE_BYTES);
  const bytes = await Deno.readFile(`${work}/big/file`);
  for (let at = 0; at < SMALL_FILES; at++) {
    const folder = `${work}/made/small/${at % FOLDERS}`;
    await Deno.mkdir(folder, { recursive: true });
    const start = at * SMALL_BYTES;
    await Deno.writeFile(`${folder}/${at}`, bytes.subarray(start, start + SMALL_BYTES));
  }
  await Deno.mkdir(`${work}/made/flat`);
  for (let at = 0; at < FLAT_ENTRIES; at++) Deno.createSync(`${work}/made/flat/f${at}`).close();
  for (let at = 0; at < FLAT_ENTRIES; at++) {
    const folder = `${work}/many/${at % FOLDERS}`;
    if (at < FOLDERS) await Deno.mkdir(folder, { recursive: true });
    Deno.createSync(`${folder}/f${at}`).close();
  }
}
