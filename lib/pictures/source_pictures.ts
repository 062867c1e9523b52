import { checkLvmPictures } from "./lvm_pictures.ts";
import { type PictureLog, removeOwnPictures } from "./remove_pictures.ts";
import type { Picture, Workshop } from "./workshop.ts";

/** Pictures of the sources of a run, until they are removed. */
export interface SourcePictures {
  /** Just before the first was taken, milliseconds since the epoch. */
  readonly takenAtMs: number;
  /** For each source in their order: where to read it, raw bytes; undefined for the source itself. */
  readonly readPaths: readonly (Uint8Array | undefined)[];
  /** For each path of a file system to enter, one on the file system that is read in its place. */
  readonly devicePaths: readonly Uint8Array[];
  /** @throws {PbsError} if what was read may not have been of one moment. */
  check(): Promise<void>;
  /** Removes all; what stays is told. */
  remove(): Promise<void>;
}

/** Parts of {@linkcode TakenPictures}. */
export interface TakenState
  extends Pick<SourcePictures, "takenAtMs" | "readPaths" | "devicePaths"> {
  readonly workshop: Workshop;
  readonly pictures: readonly Picture[];
  /** Handles that keep pictures in use. */
  readonly held: DisposableStack;
  readonly log: PictureLog;
}

/** Pictures that were taken. */
export class TakenPictures implements SourcePictures {
  readonly takenAtMs: number;
  readonly readPaths: SourcePictures["readPaths"];
  readonly devicePaths: SourcePictures["devicePaths"];

  constructor(private readonly state: TakenState) {
    this.takenAtMs = state.takenAtMs;
    this.readPaths = state.readPaths;
    this.devicePaths = state.devicePaths;
  }

  async check(): Promise<void> {
    const { workshop, pictures } = this.state;
    await workshop.check();
    const items = pictures.flatMap(({ item }) => item.kind === "lvm" ? [item] : []);
    await checkLvmPictures(workshop, items);
  }

  async remove(): Promise<void> {
    this.state.held.dispose();
    await removeOwnPictures(this.state.workshop, this.state.log);
  }
}
