import type { CatalogEntry, CatalogReader } from "../catalog/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { ArchiveNames, NameEntry, NameVisit } from "./archive_names.ts";

/** The catalog is damaged; the archive need not be. */
export class CatalogDamageError extends CorruptDataError {
  override name = "CatalogDamageError";
}

/** Names of an archive from the catalog of its snapshot. */
export class CatalogNames implements ArchiveNames {
  readonly #reader: CatalogReader;
  readonly root: CatalogEntry;

  /** @param root Directory of the archive; the catalog's own for all of them. */
  constructor(reader: CatalogReader, root: CatalogEntry = reader.root) {
    this.#reader = reader;
    this.root = root;
  }

  /**
   * The names of one archive.
   *
   * @param serverName Name of the archive's file.
   * @throws {CatalogDamageError} if the catalog does not list it as a directory.
   */
  static async of(reader: CatalogReader, serverName: string): Promise<CatalogNames> {
    const names = new CatalogNames(reader);
    const root = await names.find(reader.root, new TextEncoder().encode(serverName));
    if (root?.type !== "d") {
      throw new CatalogDamageError(`catalog: it does not list the archive "${serverName}"`);
    }
    return new CatalogNames(reader, root as CatalogEntry);
  }

  async *entries(directory: NameEntry): AsyncGenerator<NameEntry> {
    try {
      yield* this.#reader.entries(directory as CatalogEntry);
    } catch (error) {
      throw damageOf(error);
    }
  }

  async find(directory: NameEntry, name: Uint8Array): Promise<NameEntry | undefined> {
    try {
      return await this.#reader.find(directory as CatalogEntry, name);
    } catch (error) {
      throw damageOf(error);
    }
  }

  async *walk(enter: (visit: NameVisit) => boolean): AsyncGenerator<NameVisit> {
    try {
      yield* this.#reader.walk(enter, this.root);
    } catch (error) {
      throw damageOf(error);
    }
  }
}

function damageOf(error: unknown): unknown {
  if (!(error instanceof CorruptDataError)) return error;
  return new CatalogDamageError(error.message, { cause: error.cause });
}
