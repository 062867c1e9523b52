import type { Subvolume } from "./btrfs_pictures.ts";
import { fittingKind } from "./choose_kind.ts";
import type { Mount } from "./mount_table.ts";
import type { PictureKind } from "./picture_kind.ts";
import { type EnteredFileSystems, type PlaceBelow, placesBelow } from "./places_below.ts";
import type { SourcePlace } from "./source_place.ts";

/** A place that a picture is to be taken of. */
export interface PictureTarget {
  readonly place: SourcePlace;
  readonly kind: PictureKind;
  /** Whether it is named on the command line, and not only entered from there. */
  readonly isSource: boolean;
}

/**
 * Key of what a picture shows: all places on one file system share it, and the device that it is on if
 * that is a source too.
 */
export function keyOf({ type, device, deviceNumber }: SourcePlace): string {
  return type === "block-device" ? deviceNumber : device;
}

/** Everything that a run reads: its sources, and what lies below them. */
export class PictureTargets {
  readonly #targets = new Map<string, PictureTarget>();
  readonly #subvolumes = new Map<string, readonly string[]>();

  /** @param kind The only kind that is taken of what is entered; all if undefined. */
  constructor(
    readonly table: readonly Mount[],
    readonly entered: EnteredFileSystems,
    readonly kind: PictureKind | undefined,
  ) {}

  /** All, those that were added first in front. */
  get all(): PictureTarget[] {
    return [...this.#targets.values()];
  }

  /** Whether a picture is to be taken of what a place lies on. */
  has(place: SourcePlace): boolean {
    return this.#targets.has(keyOf(place));
  }

  /** All of a kind. */
  of(kind: PictureKind): PictureTarget[] {
    return this.all.filter((target) => target.kind === kind);
  }

  add(target: PictureTarget): void {
    const key = keyOf(target.place);
    const known = this.#targets.get(key);
    if (known === undefined || target.isSource && !known.isSource) this.#targets.set(key, target);
  }

  /** Notes which subvolumes a file system has. */
  learn(mount: Mount, { all }: Subvolume): void {
    this.#subvolumes.set(mount.device, all);
  }

  /** Places below a source, as far as they are known. */
  below(place: SourcePlace): PlaceBelow[] {
    if (place.type !== "directory") return [];
    const subvolumesOf = ({ device }: Mount) => this.#subvolumes.get(device) ?? [];
    return placesBelow(place, this.table, this.entered, subvolumesOf);
  }

  /** Adds what a walk of a source enters and what a picture can be taken of. @returns What was added. */
  addEntered(place: SourcePlace): PictureTarget[] {
    return this.below(place).flatMap((other) => {
      const kind = other.isEntered ? fittingKind(other) : undefined;
      const isKnown = this.#targets.has(keyOf(other));
      if (kind === undefined || isKnown || this.kind !== undefined && kind !== this.kind) return [];
      const target: PictureTarget = { place: other, kind, isSource: false };
      this.add(target);
      return [target];
    });
  }
}
