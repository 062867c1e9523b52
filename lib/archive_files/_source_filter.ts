import { closeCaptured } from "../../ffi/capture.ts";
import type { FileIdentity, HardlinkTarget, TreeVisitor, WalkedFile, WalkPath } from "../fs/mod.ts";
import type { EntryMetadata } from "../pxar/mod.ts";

/** Kinds of entries that do not go into an archive, and who hears of the others. */
export interface SourceFilterOptions {
  readonly devices: boolean;
  readonly fifos: boolean;
  readonly sockets: boolean;
  /** Whether a regular file is left out, such as the archive itself. */
  readonly isLeftOut: (identity: FileIdentity) => boolean;
  /** Called for each entry before it is archived. */
  readonly onEntry?: ((path: Uint8Array) => void) | undefined;
}

/** Hands on what a walk finds, but for what the options leave out. */
export class SourceFilter implements TreeVisitor {
  #path: WalkPath | undefined;

  constructor(
    private readonly inner: TreeVisitor,
    private readonly options: SourceFilterOptions,
  ) {}

  get full(): boolean {
    return this.inner.full;
  }

  drain(): Promise<void> {
    return this.inner.drain();
  }

  async letFilesGo(): Promise<void> {
    await this.inner.letFilesGo?.();
  }

  enterRoot(metadata: EntryMetadata, path: WalkPath): void {
    this.#path = path;
    this.inner.enterRoot(metadata, path);
  }

  leaveRoot(): void {
    this.inner.leaveRoot();
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata, isMountPoint: boolean): void {
    this.#tell();
    this.inner.enterDirectory(name, metadata, isMountPoint);
  }

  leaveDirectory(): void {
    this.inner.leaveDirectory();
  }

  file(file: WalkedFile): void {
    if (this.options.isLeftOut(file.identity)) {
      if (file.fd >= 0) closeCaptured(file.fd);
      return;
    }
    this.#tell();
    this.inner.file(file);
  }

  hardlink(name: Uint8Array, target: HardlinkTarget): void {
    this.#tell();
    this.inner.hardlink(name, target);
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#tell();
    this.inner.symlink(name, metadata, target);
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    if (!this.options.devices) return;
    this.#tell();
    this.inner.device(name, metadata, major, minor);
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    if (!this.options.fifos) return;
    this.#tell();
    this.inner.fifo(name, metadata);
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    if (!this.options.sockets) return;
    this.#tell();
    this.inner.socket(name, metadata);
  }

  #tell(): void {
    this.options.onEntry?.(this.#path!.bytes());
  }
}
