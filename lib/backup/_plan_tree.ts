import { closeCaptured } from "../../ffi/capture.ts";
import type { TreeVisitor, WalkedFile, WalkPath } from "../fs/mod.ts";
import type { EntryMetadata } from "../pxar/mod.ts";
import type { TreeProgress } from "./_tree_visitor.ts";
import type { PlannedDirectory } from "./plan.ts";

/** A directory whose entries are all known. */
export interface VisitedDirectory {
  /** Path below the source. */
  readonly path: Uint8Array;
  /** Names in it that would be stored, by {@linkcode keyOfName}. */
  readonly names: ReadonlySet<string>;
}

interface Level {
  readonly directory: PlannedDirectory;
  readonly names: Set<string>;
}

/** A name as a key: one character for each byte. */
export function keyOfName(name: Uint8Array): string {
  return String.fromCharCode(...name);
}

/** Visitor that counts what an archive would hold, directory by directory, and reads nothing. */
export class PlanVisitor implements TreeVisitor {
  readonly #levels: Level[] = [];
  readonly #visited: VisitedDirectory[] = [];
  #root: PlannedDirectory | undefined;
  #path: WalkPath | undefined;

  /**
   * @param depth Levels of directories that are kept apart.
   * @param progress Counts files and directories.
   * @param onVisited Told of each directory when it ends.
   */
  constructor(
    private readonly depth: number,
    private readonly progress: TreeProgress,
    private readonly onVisited?: (directory: VisitedDirectory) => Promise<void>,
  ) {}

  get full(): boolean {
    return this.#visited.length > 0;
  }

  async drain(): Promise<void> {
    for (const directory of this.#visited.splice(0)) await this.onVisited?.(directory);
  }

  /** Everything, when the walk is over. */
  get root(): PlannedDirectory {
    return this.#root!;
  }

  enterRoot(_metadata: EntryMetadata, path: WalkPath): void {
    this.#path = path;
    this.progress.path = () => path.bytes();
    this.#enter(new Uint8Array());
  }

  leaveRoot(): void {
    this.progress.path = undefined;
    this.#root = this.#leave();
  }

  enterDirectory(name: Uint8Array): void {
    this.#note(name);
    this.#enter(name.slice());
  }

  leaveDirectory(): void {
    const level = this.#levels.length - 1;
    const directory = this.#leave();
    const parent = this.#levels.at(-1)!.directory;
    parent.sizeBytes += directory.sizeBytes;
    parent.files += directory.files;
    parent.directories += directory.directories;
    parent.others += directory.others;
    if (level <= this.depth) parent.children.push(directory);
  }

  file({ name, sizeBytes, fd }: WalkedFile): void {
    if (fd >= 0) closeCaptured(fd);
    this.#note(name);
    this.progress.files++;
    const { directory } = this.#levels.at(-1)!;
    directory.files++;
    directory.sizeBytes += sizeBytes;
  }

  hardlink(name: Uint8Array): void {
    this.#other(name);
  }

  symlink(name: Uint8Array): void {
    this.#other(name);
  }

  device(name: Uint8Array): void {
    this.#other(name);
  }

  fifo(name: Uint8Array): void {
    this.#other(name);
  }

  socket(name: Uint8Array): void {
    this.#other(name);
  }

  #other(name: Uint8Array): void {
    this.#note(name);
    this.#levels.at(-1)!.directory.others++;
  }

  #note(name: Uint8Array): void {
    if (this.onVisited !== undefined) this.#levels.at(-1)!.names.add(keyOfName(name));
  }

  #enter(name: Uint8Array): void {
    this.progress.directories++;
    this.#levels.push({
      directory: { name, sizeBytes: 0, files: 0, directories: 1, others: 0, children: [] },
      names: new Set(),
    });
  }

  #leave(): PlannedDirectory {
    const { directory, names } = this.#levels.pop()!;
    if (this.onVisited !== undefined) this.#visited.push({ path: this.#path!.bytes(), names });
    return directory;
  }
}
