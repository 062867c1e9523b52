import { describeRepository, type RepositoryAddress } from "../../lib/repository/mod.ts";
import type { Environment } from "../environment.ts";

/** Which repository a command uses, to be offered by completion later. */
export class RepositoryUse {
  readonly #environment: Environment;
  #name: string | undefined;
  #isCounted = false;
  #address: RepositoryAddress | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** The one that was used last; undefined if the command had not come to that. */
  get address(): RepositoryAddress | undefined {
    return this.#address;
  }

  /** Its name, the same from whatever folder. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Says which one it is. */
  note(address: RepositoryAddress): void {
    this.#address = address;
    this.#isCounted = false;
    this.#name = address.kind === "directory"
      ? absolutePath(address.path)
      : describeRepository(address);
  }

  /** Has the use not counted: the command is to leave nothing behind. */
  leaveUncounted(): void {
    this.#isCounted = true;
  }

  /** Counts the use, once; that it cannot be stored is no failure of the command. */
  async record(): Promise<void> {
    const name = this.#name;
    if (name === undefined || this.#isCounted) return;
    this.#isCounted = true;
    const { userFile } = await import("../files/user_file.ts");
    // The file that the official client also keeps (spec: cli.md §5.1).
    const path = userFile(this.#environment, "XDG_CACHE_HOME", ".cache", "repo-list");
    if (path === undefined) return;
    const { UsedRepositories } = await import("../../lib/remote/mod.ts");
    new UsedRepositories(path).count(name);
  }
}

/** A path that means the same in every folder. */
function absolutePath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // There is no such folder, or not yet.
    return path;
  }
}
