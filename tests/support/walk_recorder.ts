import { closeCaptured } from "../../ffi/capture.ts";
import type {
  HardlinkTarget,
  TreeVisitor,
  WalkedFile,
  WalkOptions,
  WalkPath,
  WalkProgress,
  WalkWarning,
} from "../../lib/fs/mod.ts";
import { walkTree } from "../../lib/fs/mod.ts";
import type { EntryMetadata } from "../../lib/pxar/mod.ts";
import { latin1 } from "./pxar_read.ts";

/** One call of the visitor. */
export interface RecordedEntry {
  readonly kind:
    | "root"
    | "directory"
    | "file"
    | "hardlink"
    | "symlink"
    | "device"
    | "fifo"
    | "socket";
  /** One character per byte, relative, no leading slash. */
  readonly path: string;
  readonly metadata?: EntryMetadata;
  readonly sizeBytes?: number;
  /** Target of a symbolic link, first path of a hard link. */
  readonly target?: string;
  readonly device?: readonly [number, number];
}

/** A visitor that notes every call and closes the files. */
export class WalkRecorder implements TreeVisitor {
  readonly entries: RecordedEntry[] = [];
  full = false;
  /** Called with each entry's path, before anything else happens. */
  onEntry: (path: string, fd: number) => void = () => {};
  #path: WalkPath | undefined;
  #position = 0;
  readonly #names: string[] = [];

  drain(): Promise<void> {
    this.full = false;
    return Promise.resolve();
  }

  #add(entry: Omit<RecordedEntry, "path">, name: Uint8Array, fd = -1): void {
    const names = entry.kind === "root" ? [] : [...this.#names, latin1(name)];
    const path = names.join("/");
    const told = latin1(this.#path!.bytes());
    if (told !== path) throw new Error(`the walk says it is at "${told}", calls say "${path}"`);
    this.entries.push({ ...entry, path });
    this.onEntry(path, fd);
  }

  enterRoot(metadata: EntryMetadata, path: WalkPath): void {
    this.#path = path;
    this.#add({ kind: "root", metadata }, new Uint8Array());
  }

  leaveRoot(): void {
    if (this.#names.length > 0) throw new Error("the root was left inside of a directory");
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    this.#add({ kind: "directory", metadata }, name);
    this.#names.push(latin1(name));
  }

  leaveDirectory(): void {
    if (this.#names.pop() === undefined) throw new Error("no directory to leave");
  }

  file({ name, metadata, sizeBytes, fd, link }: WalkedFile): void {
    if ((fd >= 0) !== (sizeBytes > 0)) throw new Error(`descriptor ${fd} for ${sizeBytes} bytes`);
    if (link) link.position = this.#position++;
    try {
      this.#add({ kind: "file", metadata, sizeBytes }, name, fd);
    } finally {
      if (fd >= 0) closeCaptured(fd);
    }
  }

  hardlink(name: Uint8Array, target: HardlinkTarget): void {
    if (target.position === undefined) throw new Error("the target has no position");
    this.#add({ kind: "hardlink", target: latin1(target.path) }, name);
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#add({ kind: "symlink", metadata, target: latin1(target) }, name);
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    this.#add({ kind: "device", metadata, device: [major, minor] }, name);
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    this.#add({ kind: "fifo", metadata }, name);
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    this.#add({ kind: "socket", metadata }, name);
  }
}

/** What a walk did. */
export interface RecordedWalk {
  readonly entries: RecordedEntry[];
  /** Paths in order without the root; directories with a slash at the end. */
  readonly paths: string[];
  /** `kind path`. */
  readonly warnings: string[];
  readonly progress: WalkProgress;
}

/** Walks a tree and notes everything. */
export async function recordWalk(
  options: WalkOptions,
  recorder: WalkRecorder = new WalkRecorder(),
): Promise<RecordedWalk> {
  const warnings: string[] = [];
  const onWarning = ({ kind, path }: WalkWarning) => warnings.push(`${kind} ${latin1(path)}`);
  const progress = await walkTree({ onWarning, ...options }, recorder);
  const { entries } = recorder;
  const paths = entries.slice(1).map(({ kind, path }) => kind === "directory" ? `${path}/` : path);
  return { entries, paths, warnings, progress };
}
