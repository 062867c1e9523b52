/** What a soak did. */
export interface SoakCounts {
  /** Backups that were begun, and those that were acknowledged. */
  backups: number;
  localBackups: number;
  servedBackups: number;
  restores: number;
  prunes: number;
  collections: number;
  verifications: number;
  /** Clients that were alive when they were killed. */
  killedClients: number;
  killedServers: number;
  fullDisks: number;
  /** Garbage collections of everything, for which all others waited. */
  cleanings: number;
  /** Runs that a full disk ended. */
  endedByFullDisk: number;
  /** Runs that failed because of what was done to them. */
  excused: number;
  /** Snapshots that were restored and compared at the end. */
  checked: number;
}

/** Counts at zero. */
export function newSoakCounts(): SoakCounts {
  return {
    backups: 0,
    localBackups: 0,
    servedBackups: 0,
    restores: 0,
    prunes: 0,
    collections: 0,
    verifications: 0,
    killedClients: 0,
    killedServers: 0,
    fullDisks: 0,
    cleanings: 0,
    endedByFullDisk: 0,
    excused: 0,
    checked: 0,
  };
}

/** One line for people. */
export function describeSoak(counts: SoakCounts): string {
  return [
    `${counts.backups} backups (${counts.localBackups} local and ${counts.servedBackups} served ones finished)`,
    `${counts.restores} restores`,
    `${counts.prunes} prunes`,
    `${counts.collections} garbage collections`,
    `${counts.verifications} verifications`,
    `${counts.killedClients} clients and ${counts.killedServers} servers killed`,
    `${counts.fullDisks} full disks that ended ${counts.endedByFullDisk} runs`,
    `${counts.cleanings} cleanings`,
    `${counts.excused} runs failed for what was done`,
    `${counts.checked} snapshots compared`,
  ].join(", ");
}

/** What a soak was to do and did not do; a soak that did nothing proves nothing. */
export function missingIn(counts: SoakCounts, withFullDisks: boolean): string[] {
  const optional: readonly string[] = withFullDisks
    ? ["excused", "cleanings"]
    : ["excused", "cleanings", "fullDisks", "endedByFullDisk"];
  return Object.entries(counts).filter(([name, count]) => count === 0 && !optional.includes(name))
    .map(([name]) => name);
}
