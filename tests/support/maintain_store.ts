import { encodeHex } from "../../lib/bytes/mod.ts";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import {
  maintain,
  type MaintenanceContext,
  type MaintenancePlan,
  type MaintenanceReport,
  type StepName,
  type StepReport,
} from "../../lib/maintenance/mod.ts";
import type { Repository } from "../../lib/repository/mod.ts";

/** A maintenance that is asked for nothing but the usual. */
export const USUAL: MaintenancePlan = {
  namespace: "",
  filters: [],
  keep: {},
  skip: new Set(),
  whole: { ignoreVerified: true, outdatedAfterDays: 30 },
  dryRun: false,
};

/** Maintains a repository as the command does, but silently. */
export async function maintainStore(
  repository: Repository,
  plan: Partial<MaintenancePlan> = {},
  context: Partial<MaintenanceContext> = {},
): Promise<MaintenanceReport> {
  const { signal } = new AbortController();
  return await maintain(repository, { ...USUAL, ...plan }, { log: () => {}, signal, ...context });
}

/** The report of a step. */
export function stepOf(report: MaintenanceReport, step: StepName): StepReport {
  return report.steps.find((each) => each.step === step)!;
}

/** The file of a chunk below the path of a datastore. */
export function chunkFile(store: string, digest: Uint8Array): string {
  const name = encodeHex(digest);
  return `${store}/.chunks/${name.slice(0, 4)}/${name}`;
}

/** The file of a chunk. */
export function chunkPath({ datastore }: LocalRepository, digest: Uint8Array): string {
  return chunkFile(datastore.path, digest);
}

/** Flips a bit in the middle of a chunk's file. */
export function damageChunk(repository: LocalRepository, digest: Uint8Array): void {
  const path = chunkPath(repository, digest);
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  Deno.writeFileSync(path, bytes);
}
