import { JobFolder, type JobRecord } from "../../lib/jobs/mod.ts";
import { Datastore } from "../../lib/datastore/mod.ts";
import { type ClientRun, runClient, spawnClient } from "./run_client.ts";
import { TempDir } from "./temp_dir.ts";

/** A folder with a source, two datastores and a file of jobs, for runs that keep their state there. */
export class JobsWorld implements AsyncDisposable {
  readonly #dir: TempDir;

  private constructor(dir: TempDir) {
    this.#dir = dir;
  }

  static async make(): Promise<JobsWorld> {
    const dir = await TempDir.make("/dev/shm");
    const { path } = dir;
    await Deno.mkdir(`${path}/source`);
    await Deno.writeTextFile(`${path}/source/file`, "contents");
    for (const store of ["one", "two"]) {
      Datastore.create(`${path}/${store}`, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    }
    return new JobsWorld(dir);
  }

  /** The folder. */
  get path(): string {
    return this.#dir.path;
  }

  /** The file of jobs. */
  get file(): string {
    return `${this.path}/pbs-client.toml`;
  }

  /** Results of jobs. */
  get folder(): JobFolder {
    return new JobFolder(`${this.path}/state/pbs-client/jobs`);
  }

  /** Variables of all runs. */
  get env(): Record<string, string> {
    return { XDG_STATE_HOME: `${this.path}/state`, HOME: this.path, PBS_PASSWORD: "hunter2" };
  }

  /** Writes the file: the repositories `one`, `two` and `gone`, the defaults, and what is given. */
  async write(text: string): Promise<void> {
    const repositories = ["one", "two", "gone"].map((name) =>
      `[repositories.${name}]\nrepository = "${this.path}/${name}"\n`
    );
    const defaults = `[defaults]
repositories = ["one"]
sources = ["source.pxar:${this.path}/source"]
backup-id = "box"
`;
    await Deno.writeTextFile(this.file, repositories.join("") + defaults + text, { mode: 0o600 });
  }

  /** Runs a command of jobs or of their file. */
  async run(...words: string[]): Promise<ClientRun> {
    return await runClient([...words, "--config", this.file], { env: this.env });
  }

  /** Starts one; its output is thrown away. */
  spawn(...words: string[]): Deno.ChildProcess {
    return spawnClient([...words, "--config", this.file], { env: this.env });
  }

  /** The last result of a job. */
  record(name: string): JobRecord | undefined {
    return this.folder.read(name);
  }

  /** Times of the snapshots in a datastore. */
  snapshots(store: string): string[] {
    try {
      return [...Deno.readDirSync(`${this.path}/${store}/host/box`)]
        .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).toSorted();
    } catch {
      return [];
    }
  }

  /** The text of a file in the folder. */
  async text(name: string): Promise<string> {
    return await Deno.readTextFile(`${this.path}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }
}
