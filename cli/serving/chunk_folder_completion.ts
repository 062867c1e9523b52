import type { Datastore } from "../../lib/datastore/mod.ts";
import { CancelledError } from "../../lib/errors/mod.ts";
import { ChunkFolderMessages } from "../output/chunk_folder_messages.ts";
import type { Output } from "../output/output.ts";

/**
 * Makes the missing chunk folders of datastores beside everything else, one datastore after the
 * other, until it is disposed. What is missing then is made the next time.
 */
export class ChunkFolderCompletion implements AsyncDisposable {
  readonly #output: Output;
  readonly #waiting: Datastore[] = [];
  #current: Datastore | undefined;
  #running: Promise<void> = Promise.resolve();
  #hasStarted = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** @param datastore Is closed when it is complete, or with this. */
  add(datastore: Datastore): void {
    this.#waiting.push(datastore);
    if (this.#hasStarted) this.start();
  }

  /** Leaves out those whose folders are not among the given ones. */
  async keepOnly(folders: readonly string[]): Promise<void> {
    const paths = folders.map(withoutSymlinks);
    for (const datastore of this.#waiting.splice(0)) {
      if (paths.includes(datastore.path)) this.#waiting.push(datastore);
      else datastore[Symbol.dispose]();
    }
    const current = this.#current;
    if (current !== undefined && !paths.includes(current.path)) await current.chunkFolders.stop();
  }

  /** Begins; what is added later follows. */
  start(): void {
    this.#hasStarted = true;
    this.#running = this.#running.then(() => this.#run());
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      using datastore = this.#current = next;
      const messages = new ChunkFolderMessages(this.#output, `datastore "${datastore.path}"`);
      try {
        await datastore.chunkFolders.complete((progress) => messages.waiting(progress));
      } catch (error) {
        if (!(error instanceof CancelledError)) messages.failed(error);
      }
    }
  }

  /** Ends it, and closes all datastores. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const datastore of this.#waiting.splice(0)) datastore[Symbol.dispose]();
    await this.#current?.chunkFolders.stop();
    await this.#running;
  }
}

function withoutSymlinks(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}
