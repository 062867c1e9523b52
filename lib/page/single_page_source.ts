import type { CryptConfig } from "../crypto/mod.ts";
import { NotFoundError } from "../errors/mod.ts";
import type { Repository } from "../repository/mod.ts";
import { LocalTasks } from "./local_tasks.ts";
import type { ListedStore, PageSource, PageStoreAccess, PageTaskSource } from "./page_source.ts";

/** Key of the only datastore. */
const STORE = "repository";

/** A repository that was opened by whoever looks at it. */
export interface OpenedRepository {
  readonly repository: Repository;
  readonly crypt?: CryptConfig | undefined;
  /** Advice on contents that are encrypted with a key that is not here. */
  readonly keyAdvice: string;
}

/** One repository as page: of a directory, or of a server that was logged in to. */
export class SinglePageSource implements PageSource {
  readonly #opened: OpenedRepository;
  readonly #tasks: PageTaskSource;
  readonly #localTasks: LocalTasks | undefined;

  constructor(opened: OpenedRepository) {
    this.#opened = opened;
    const { repository } = opened;
    this.#localTasks = repository.tasks === undefined ? new LocalTasks(repository) : undefined;
    this.#tasks = repository.tasks ?? this.#localTasks!;
  }

  /** See {@linkcode PageSource.listStores}. */
  listStores(): Promise<ListedStore[]> {
    return Promise.resolve([{ store: STORE, name: this.#opened.repository.displayName }]);
  }

  /** See {@linkcode PageSource.access}. */
  // deno-lint-ignore require-await -- it throws as the others do
  async access(store: string): Promise<PageStoreAccess> {
    if (store !== STORE) throw new NotFoundError("there is only one datastore here");
    const { repository, crypt, keyAdvice } = this.#opened;
    return {
      repository,
      tasks: this.#tasks,
      authId: repository.authId,
      crypt,
      keyAdvice,
      // A server would send the indexes of everything over the network.
      ...(repository.authId === undefined ? { indexes: repository } : {}),
      privileges: async (namespace) => await repository.privileges?.(namespace),
      // Whoever opened the repository is the only one here.
      confirmReadable: () => Promise.resolve(),
    };
  }

  /** Ends the tasks of this process. */
  async close(): Promise<void> {
    await this.#localTasks?.close();
  }
}
