import { closeCaptured } from "../../ffi/capture.ts";
import type { TreeVisitor, WalkedFile } from "../../lib/fs/mod.ts";
import { latin1 } from "./pxar_read.ts";

/** A visitor that notes level and name of every entry, for trees whose paths are too long to keep. */
export class LevelRecorder implements TreeVisitor {
  /** `level name`; directories with a slash at the end. */
  readonly entries: string[] = [];
  readonly full = false;
  #level = 0;

  drain(): Promise<void> {
    return Promise.resolve();
  }

  #add(name: Uint8Array): void {
    this.entries.push(`${this.#level} ${latin1(name)}`);
  }

  enterRoot(): void {}
  leaveRoot(): void {
    if (this.#level !== 0) throw new Error("the root was left inside of a directory");
  }

  enterDirectory(name: Uint8Array): void {
    this.entries.push(`${this.#level++} ${latin1(name)}/`);
  }

  leaveDirectory(): void {
    this.#level--;
  }

  file({ name, fd }: WalkedFile): void {
    if (fd >= 0) closeCaptured(fd);
    this.#add(name);
  }

  hardlink(name: Uint8Array): void {
    this.#add(name);
  }
  symlink(name: Uint8Array): void {
    this.#add(name);
  }
  device(name: Uint8Array): void {
    this.#add(name);
  }
  fifo(name: Uint8Array): void {
    this.#add(name);
  }
  socket(name: Uint8Array): void {
    this.#add(name);
  }
}
