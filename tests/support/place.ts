import { assertOk } from "./assert_run.ts";
import { type ClientRun, runClient } from "./run_client.ts";
import { runPeer } from "./run_peer.ts";
import { TempDir } from "./temp_dir.ts";

/** A source tree and a datastore, and runs on them. */
export class Place implements AsyncDisposable {
  readonly source: string;
  readonly out: string;
  readonly at: readonly string[];
  #time = 1_700_000_000;

  private constructor(readonly dir: TempDir, readonly storeDir: TempDir) {
    this.source = `${dir.path}/source`;
    this.out = `${dir.path}/out`;
    this.at = ["--repository", `${storeDir.path}/store`];
  }

  /** @param script Shell commands that fill the source, run in it. */
  static async make(script: string): Promise<Place> {
    const place = new Place(await TempDir.make(), await TempDir.make("/dev/shm"));
    await Deno.mkdir(place.source);
    await runPeer("bash", ["-e", "-c", script], { cwd: place.source });
    return place;
  }

  backupArguments(...options: string[]): string[] {
    const time = `${this.#time++}`;
    return [
      "backup",
      `tree.pxar:${this.source}`,
      ...this.at,
      "--init",
      "--backup-id",
      "test",
      "--backup-time",
      time,
      ...options,
    ];
  }

  backup(...options: string[]): Promise<ClientRun> {
    return runClient(this.backupArguments(...options));
  }

  restore(...options: string[]): Promise<ClientRun> {
    return runClient(["restore", "host/test", "tree.pxar", this.out, ...this.at, ...options]);
  }

  /** Backs up, and restores everything. @returns What is in the archive, and the backup's lines. */
  async archived(...options: string[]): Promise<{ paths: string[]; log: string }> {
    const run = assertOk(await this.backup(...options));
    await this.clear();
    assertOk(await this.restore());
    return { paths: await this.restored(), log: run.stderr };
  }

  /** Restores a selection into an empty target. @returns What is there. */
  async selected(...patterns: string[]): Promise<string[]> {
    await this.clear();
    assertOk(await this.restore(...patterns.flatMap((pattern) => ["--pattern", pattern])));
    return await this.restored();
  }

  /** Paths below the target, directories with a slash at their end, sorted. */
  async restored(): Promise<string[]> {
    const found = await runPeer("find", [
      this.out,
      "-mindepth",
      "1",
      "-type",
      "d",
      "-printf",
      "%P/\\n",
      "-o",
      "-mindepth",
      "1",
      "-printf",
      "%P\\n",
    ]);
    return found.split("\n").filter((line) => line !== "").sort();
  }

  async clear(): Promise<void> {
    await runPeer("rm", ["-rf", this.out]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.storeDir[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}
