import type { ServedStore } from "./served_store.ts";

/** pbs-client with a datastore directory, and with the same program as a server. */
export const LOCAL_SIDE = "pbs-client";
export const SERVED_SIDE = "through serve";
export const ENCRYPTED_SIDE = "encrypted";
/** Split archives: everything is read in the first run, changed files in the second. */
export const METADATA_SIDE = "metadata mode";
export const SERVED_METADATA_SIDE = "served metadata mode";

/** The jobs every side does, in order. */
export const JOBS = ["full", "unchanged", "restore"] as const;
export type Job = typeof JOBS[number];

/** A program that is compared: shell commands for each job. */
export interface Side {
  readonly name: string;
  /** Commands it needs on the PATH. */
  readonly needs: readonly string[];
  readonly env: Record<string, string>;
  /** Makes an empty repository; not timed. */
  readonly prepare: string;
  readonly jobs: Partial<Record<Job, string>>;
  /** A process to be measured beside it. */
  readonly serverId?: number;
}

/**
 * All sides for one tree.
 *
 * @param program How pbs-client is started.
 * @param tree What is backed up.
 * @param work Empty folder for repositories.
 * @param target Empty folder for restores.
 * @param served Where the side through a server goes, if there is to be one.
 */
export function sides(
  program: string,
  tree: string,
  work: string,
  target: string,
  served?: ServedStore,
): Side[] {
  const ours = `${work}/ours`;
  const split = `${work}/split`;
  const encrypted = `${work}/encrypted`;
  const restic = `${work}/restic`;
  const borg = `${work}/borg`;
  const tar = `${work}/tar.zst`;
  const backup = (time: number) =>
    `${program} backup 'root.pxar:${tree}' --backup-id bench --backup-time ${time}`;
  const jobs = {
    full: backup(1700000000),
    unchanged: backup(1700000100),
    restore: `${program} restore host/bench root.pxar ${target}/ours`,
  } as const;
  return [
    {
      name: LOCAL_SIDE,
      needs: [],
      env: { PBS_REPOSITORY: ours },
      prepare: `${program} datastore init ${ours}`,
      jobs,
    },
    ...served === undefined ? [] : [{
      name: SERVED_SIDE,
      needs: [],
      env: served.environment(),
      prepare: "true",
      jobs,
      serverId: served.processId,
    }],
    {
      name: METADATA_SIDE,
      needs: [],
      env: { PBS_REPOSITORY: split },
      prepare: `${program} datastore init ${split}`,
      jobs: inMetadataMode(jobs),
    },
    ...served === undefined ? [] : [{
      name: SERVED_METADATA_SIDE,
      needs: [],
      env: served.environment(),
      prepare: "true",
      // Chunks of the other group would count as duplicates.
      jobs: withoutRestore(inMetadataMode(jobs, "bench-split")),
      serverId: served.processId,
    }],
    {
      name: ENCRYPTED_SIDE,
      needs: [],
      env: { PBS_REPOSITORY: encrypted },
      prepare: `${program} datastore init ${encrypted} && ` +
        `${program} key create ${work}/encryption.key --kdf none`,
      jobs: withOption(jobs, `--keyfile ${work}/encryption.key`),
    },
    {
      name: "restic",
      needs: ["restic"],
      env: {
        RESTIC_PASSWORD: "bench",
        RESTIC_REPOSITORY: restic,
        RESTIC_CACHE_DIR: `${work}/restic-cache`,
      },
      prepare: "restic init",
      jobs: {
        full: `restic backup '${tree}'`,
        unchanged: `restic backup '${tree}'`,
        restore: `restic restore latest --target ${target}/restic`,
      },
    },
    {
      name: "borg zstd,1",
      needs: ["borg"],
      env: {
        BORG_REPO: borg,
        BORG_BASE_DIR: `${work}/borg-base`,
        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
      },
      prepare: "borg init -e none",
      jobs: {
        full: `borg create --compression zstd,1 ::first '${tree}'`,
        unchanged: `borg create --compression zstd,1 ::second '${tree}'`,
        restore: `mkdir ${target}/borg && cd ${target}/borg && borg extract ::second`,
      },
    },
    {
      name: "tar | zstd -1",
      needs: ["tar", "zstd"],
      env: {},
      prepare: "true",
      jobs: {
        full: `tar -C '${tree}' --acls --xattrs -cf - . | zstd -q -1 -T2 -o ${tar}`,
        restore:
          `mkdir ${target}/tar && zstd -dc ${tar} | tar -C ${target}/tar --acls --xattrs -xpf -`,
      },
    },
    {
      name: "cp -a",
      needs: ["cp"],
      env: {},
      prepare: "true",
      jobs: { restore: `cp -a '${tree}' ${target}/cp` },
    },
  ];
}

function inMetadataMode(jobs: Record<Job, string>, id = "bench"): Record<Job, string> {
  const ofGroup = (job: string) => job.replace("--backup-id bench", `--backup-id ${id}`);
  const mode = "--change-detection-mode metadata";
  return {
    full: `${ofGroup(jobs.full)} ${mode}`,
    unchanged: `${ofGroup(jobs.unchanged)} ${mode}`,
    restore: jobs.restore,
  };
}

function withoutRestore({ full, unchanged }: Record<Job, string>): Partial<Record<Job, string>> {
  return { full, unchanged };
}

function withOption(jobs: Record<Job, string>, option: string): Record<Job, string> {
  return {
    full: `${jobs.full} ${option}`,
    unchanged: `${jobs.unchanged} ${option}`,
    restore: `${jobs.restore} ${option}`,
  };
}
