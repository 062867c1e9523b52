import { CatalogWriter } from "../catalog/mod.ts";
import type { ChunkStream } from "../chunking/mod.ts";
import { CATALOG_NAME } from "../repository/mod.ts";
import type { BackupRun } from "./_backup_run.ts";

/** Average chunk size of the catalog (spec: datastore-formats.md §3.1). */
const CATALOG_AVERAGE_BYTES = 512 * 1024;

/** The catalog of a run: begun with the first unsplit tree, finished after the last archive. */
export class CatalogArchive {
  private constructor(
    readonly writer: CatalogWriter,
    readonly stream: ChunkStream,
    private readonly stored: Promise<void>,
  ) {}

  /** Begins to store the catalog beside the archives. */
  static start(run: BackupRun): CatalogArchive {
    run.previous.tellOfIndex(CATALOG_NAME);
    const stream = run.openStream({ kind: "dynamic", averageSizeBytes: CATALOG_AVERAGE_BYTES });
    const stored = run.store(stream, CATALOG_NAME, "dynamic");
    // A caller that waits for the catalog sees the failure; until then it must not count as unhandled.
    stored.catch((error: unknown) => run.fail(error));
    return new CatalogArchive(new CatalogWriter(stream), stream, stored);
  }

  /** Writes the root table and waits until all is stored. */
  async finish(): Promise<void> {
    this.writer.finish();
    const end = this.stream.end();
    end.catch(() => {});
    // The upload's failure explains that of the stream.
    await this.stored;
    await end;
  }
}
