import type { LocalRepository } from "../../lib/datastore/mod.ts";
import type { BackupRequest } from "../../lib/backup/mod.ts";
import type { InPlaceCounts, RestoreRequest, TreeChange } from "../../lib/restore/mod.ts";
import { backUp } from "./back_up.ts";
import { type RestoreEnd, restoreStored } from "./restore_stored.ts";
import { runPeer } from "./run_peer.ts";
import { STORED_SNAPSHOT } from "./store_archives.ts";
import { TempDir } from "./temp_dir.ts";

/** How a tree is stored. */
export type ArchiveMode = "legacy" | "data";

/** An in-place restore that has ended. */
export interface InPlaceEnd extends RestoreEnd {
  readonly counts: InPlaceCounts | undefined;
  readonly changes: readonly TreeChange[];
}

/** A source that was backed up, and a target to restore to in place. */
export class InPlaceWorld implements AsyncDisposable {
  readonly source: string;
  readonly out: string;
  /** A folder that no restore may touch. */
  readonly outside: string;

  private constructor(private readonly dir: TempDir, readonly repository: LocalRepository) {
    this.source = `${dir.path}/source`;
    this.out = `${dir.path}/out`;
    this.outside = `${dir.path}/outside`;
  }

  /** @param script Shell commands that fill the source, run in it. */
  static async make(
    repository: LocalRepository,
    mode: ArchiveMode,
    script: string,
    options: Partial<BackupRequest> = {},
  ): Promise<InPlaceWorld> {
    const world = new InPlaceWorld(await TempDir.make(), repository);
    await Deno.mkdir(world.source);
    await Deno.mkdir(world.outside);
    await Deno.writeTextFile(`${world.outside}/precious`, "precious\n");
    await runPeer("bash", ["-e", "-c", script], { cwd: world.source });
    const specs = [`x.pxar:${world.source}`];
    await backUp(repository, STORED_SNAPSHOT, specs, { changeDetectionMode: mode, ...options });
    return world;
  }

  /** Runs shell commands in the target. */
  async edit(script: string): Promise<void> {
    await runPeer("bash", ["-e", "-c", script], { cwd: this.out });
  }

  /** Restores in place. */
  async restore(
    inPlace: Partial<RestoreRequest["inPlace"]> = {},
    options: Partial<RestoreRequest> = {},
  ): Promise<InPlaceEnd> {
    const changes: TreeChange[] = [];
    const end = await restoreStored(this.repository, "x.pxar", this.out, {
      inPlace: { deleteExtras: false, dryRun: false, verifyContents: false, ...inPlace },
      treeChange: (change) => void changes.push(change),
      ...options,
    });
    return { ...end, counts: end.made?.inPlace, changes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Changes as lines. */
export function changeLines(changes: readonly TreeChange[]): string[] {
  return changes.map(({ action, path, parts }) =>
    `${action} ${new TextDecoder().decode(path)}${parts.length > 0 ? ` (${parts.join(", ")})` : ""}`
  );
}
