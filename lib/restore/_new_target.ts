import { bytesEqual } from "../bytes/mod.ts";

/** Takes back a target directory that a restore has made for nothing. */
export class NewTarget implements Disposable {
  readonly #path: string | undefined;
  #isRemoved = false;

  private constructor(path: string | undefined) {
    this.#path = path;
  }

  /** @param target Path, raw bytes; to be called before the directory is made. */
  static watch(target: Uint8Array): NewTarget {
    const path = new TextDecoder().decode(target);
    // The runtime cannot name other paths: an empty directory stays, which is no harm.
    const isNameable = bytesEqual(new TextEncoder().encode(path), target);
    return new NewTarget(isNameable && !exists(path) ? path : undefined);
  }

  /** Removes the directory at the end, if it is new and still empty. */
  removeLater(): void {
    this.#isRemoved = true;
  }

  [Symbol.dispose](): void {
    if (!this.#isRemoved || this.#path === undefined) return;
    try {
      Deno.removeSync(this.#path);
    } catch {
      // Somebody uses it already; the error that ends the restore is what counts.
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
