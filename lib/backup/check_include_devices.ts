import { quotePath } from "../bytes/mod.ts";
import { Errno, errnoText } from "../../ffi/errno.ts";
import { NotFoundError } from "../errors/mod.ts";
import { withSourceStat } from "./_source_stat.ts";

/**
 * Checks before a run that the paths whose file systems are entered too can be reached
 * (spec: cli.md §4.1.1).
 *
 * @param paths Raw bytes.
 * @throws {NotFoundError} naming the first that cannot.
 */
export function checkIncludeDevices(paths: readonly Uint8Array[]): void {
  for (const path of paths) {
    const failure = withSourceStat(path, () => 0);
    if (failure < 0) {
      const name = Object.entries(Errno).find(([, number]) => number === -failure)?.[0];
      throw new NotFoundError(
        `fstat ${quotePath(path)} failed - ${name ?? -failure}: ${errnoText(-failure)}`,
      );
    }
  }
}
