/**
 * A folder that vanishes with the scope it was made in, with whatever flags its files carry.
 *
 * @example
 * ```ts ignore
 * await using dir = await TempDir.make();
 * ```
 */
export class TempDir implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /**
   * @param parent Where to make it. The default is on disk and keeps every kind of metadata;
   *   `/dev/shm` is in memory, where a datastore's 65,536 chunk folders come and go quickly.
   */
  static async make(parent = "/var/tmp"): Promise<TempDir> {
    return new TempDir(await Deno.makeTempDir({ dir: parent, prefix: "pbs-client-test-" }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const rm = async () =>
      (await new Deno.Command("rm", { args: ["-rf", this.path], stderr: "null" }).output()).code;
    if (await rm() === 0) return;
    await new Deno.Command("chattr", {
      args: ["-R", "-f", "-i", "-a", this.path],
      stderr: "null",
      stdout: "null",
    }).output();
    if (await rm() !== 0) throw new Error(`cannot remove ${this.path}`);
  }
}
