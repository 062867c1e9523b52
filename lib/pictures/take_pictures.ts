import { describeError, UsageError } from "../errors/mod.ts";
import {
  findSubvolume,
  isReadOnlySubvolume,
  type Subvolume,
  takeBtrfsPicture,
} from "./btrfs_pictures.ts";
import { chooseKind } from "./choose_kind.ts";
import { LvmPictures } from "./lvm_pictures.ts";
import { parseMountTable } from "./mount_table.ts";
import { hideOddMounts, type OddMount, oddMounts } from "./odd_mounts.ts";
import type { PictureMode } from "./picture_kind.ts";
import { keyOf, type PictureTarget, PictureTargets } from "./picture_targets.ts";
import { beginRecord } from "./record_folder.ts";
import { type PictureLog, removeLeftPictures, removeOwnPictures } from "./remove_pictures.ts";
import { type SourcePictures, TakenPictures } from "./source_pictures.ts";
import { placeOf, type SourcePlace } from "./source_place.ts";
import { buildView, pathInPicture } from "./source_view.ts";
import { StorageTools, throwIfInterrupted } from "./storage_tools.ts";
import { type Picture, Workshop } from "./workshop.ts";
import { takeZfsPicture } from "./zfs_pictures.ts";

const SHOWN_PLACES = 5;

/** Sources to take pictures of, and how. */
export interface PictureRequest {
  /** Paths of the sources, raw bytes. */
  readonly sources: readonly Uint8Array[];
  readonly mode: Exclude<PictureMode, "none">;
  /** Room of an LVM snapshot for what changes meanwhile, bytes. */
  readonly sizeBytes?: number | undefined;
  readonly allFileSystems: boolean;
  /** Paths whose file systems are entered too; raw bytes. */
  readonly includeDevices: readonly Uint8Array[];
  /** Only tells what would be done. */
  readonly dryRun: boolean;
  /** Folder for the records of what was made. */
  readonly folder: string;
  /** Value of an environment variable. */
  readonly variable: (name: string) => string | undefined;
  readonly log: PictureLog;
  readonly signal: AbortSignal;
}

/**
 * Takes pictures of the file systems that sources lie on, one for all sources on the same one, after having
 * removed what interrupted runs have left.
 *
 * @returns undefined if all sources are to be read as they are.
 * @throws {UsageError} if a source lies on something else than was asked for, or if we are not root.
 * @throws {PbsError} with what a program said; nothing is left then.
 */
export async function takePictures(request: PictureRequest): Promise<SourcePictures | undefined> {
  const { mode, folder, log, signal } = request;
  const mounted = Deno.readFileSync("/proc/self/mountinfo");
  const table = parseMountTable(new TextDecoder().decode(mounted));
  const devices = request.includeDevices.map((path) => placeOf(path, table));
  const targets = new PictureTargets(
    table,
    { all: request.allFileSystems, devices: new Set(devices.map(({ device }) => device)) },
    mode === "auto" ? undefined : mode,
  );
  const sources = request.sources.map((path) => placeOf(path, table));
  for (const place of sources) {
    const kind = chooseKind(place, mode, (message) => log("info", message));
    if (kind !== undefined) targets.add({ place, kind, isSource: true });
  }
  if (targets.all.length === 0) return undefined;
  if (request.dryRun) {
    for (const { kind, place } of targets.all) {
      log("info", `dry-run: a snapshot with ${kind} of '${place.path}' would be taken`);
    }
    return undefined;
  }
  if (Deno.uid() !== 0) {
    const reason = "snapshots of sources can be taken by root alone";
    if (mode !== "auto") throw new UsageError(`--snapshot ${mode}: ${reason}`);
    log("warn", `warning: ${reason}, all is read as it is`);
    return undefined;
  }
  const tools = new StorageTools(request.variable);
  await removeLeftPictures(folder, tools, log);
  throwIfInterrupted(signal);
  const session = new PictureSession(
    request,
    targets,
    new Workshop(tools, await beginRecord(folder)),
  );
  try {
    await session.take(sources);
    return await session.open(sources, devices, oddMounts(mounted));
  } catch (error) {
    await session.abandon();
    throw error;
  }
}

/** The taking of all pictures of a run. */
class PictureSession {
  readonly #takenAtMs = Date.now();
  readonly #pictures = new Map<string, Picture>();
  readonly #held = new DisposableStack();

  constructor(
    readonly request: PictureRequest,
    readonly targets: PictureTargets,
    readonly workshop: Workshop,
  ) {}

  /** Takes all, those of ZFS before the private mounts are made. */
  async take(sources: readonly SourcePlace[]): Promise<void> {
    const { targets, workshop, request } = this;
    const walked = sources.filter((place) => targets.has(place));
    for (const place of walked) targets.addEntered(place);
    for (const target of targets.of("zfs")) {
      await this.#takeOne(
        target,
        (place) => takeZfsPicture(workshop, place, targets.table, this.#held),
      );
    }
    await this.#takeBtrfs(walked);
    const volumes = new LvmPictures(workshop, request.sizeBytes);
    for (const target of targets.of("lvm")) {
      await this.#takeOne(target, (place) => volumes.take(place));
    }
  }

  async #takeBtrfs(walked: readonly SourcePlace[]): Promise<void> {
    const { targets, workshop } = this;
    // Which subvolumes there are is known when one of the file system was looked at.
    for (const { place } of targets.of("btrfs")) {
      await this.#orLive(place, async () => {
        targets.learn(place.mount, await findSubvolume(workshop, place));
      });
    }
    for (const place of walked) targets.addEntered(place);
    const found: { readonly target: PictureTarget; readonly subvolume: Subvolume }[] = [];
    for (const target of targets.of("btrfs")) {
      const { place, isSource } = target;
      // What cannot change needs no picture.
      if (!isSource && await isReadOnlySubvolume(workshop, place.path)) continue;
      await this.#orLive(place, async () => {
        found.push({ target, subvolume: await findSubvolume(workshop, place) });
      });
    }
    // The first one of a file system's top folder, which would show the others.
    found.sort((a, b) => Number(b.subvolume.isTop) - Number(a.subvolume.isTop));
    for (const { target, subvolume } of found) {
      await this.#takeOne(target, () => takeBtrfsPicture(workshop, subvolume));
    }
  }

  async #takeOne(
    { place, kind }: PictureTarget,
    take: (place: SourcePlace) => Promise<Picture>,
  ): Promise<void> {
    throwIfInterrupted(this.request.signal);
    await this.#orLive(place, async () => {
      this.#pictures.set(keyOf(place), await take(place));
      this.request.log("info", `'${place.path}' is read from a snapshot taken with ${kind}`);
    });
  }

  /** In mode `auto` what does not work is read as it is. */
  async #orLive(place: SourcePlace, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.request.mode !== "auto") throw error;
      const reason = describeError(error)[0]!;
      this.request.log("warn", `warning: '${place.path}' is read as it is: ${reason}`);
    }
  }

  /** Mounts the pictures, and says where each source is read. */
  async open(
    sources: readonly SourcePlace[],
    devices: readonly SourcePlace[],
    odd: readonly OddMount[],
  ): Promise<SourcePictures> {
    const { workshop, targets, request } = this;
    const live = new Set<string>();
    const readPaths: (Uint8Array | undefined)[] = [];
    for (const place of sources) {
      throwIfInterrupted(request.signal);
      const picture = this.#pictures.get(keyOf(place));
      if (picture === undefined) readPaths.push(undefined);
      else if (place.type === "block-device") readPaths.push(bytesOf(picture.blockDevice!));
      else {
        const below = targets.below(place);
        for (const { path, isEntered, device } of below) {
          if (isEntered && !this.#pictures.has(device)) live.add(path);
        }
        const warn = (line: string) => request.log("warn", line);
        const path = place.type === "directory"
          ? await buildView(workshop, place, below, this.#pictures, warn)
          : (await pathInPicture(place, this.#pictures))!;
        const { entered } = targets;
        await hideOddMounts(workshop, { place, below, entered, view: path }, odd, warn);
        readPaths.push(bytesOf((await workshop.mounts()).outside(path)));
      }
    }
    if (live.size > 0) request.log("info", describeLive([...live]));
    const devicePaths: Uint8Array[] = [];
    for (const [index, place] of devices.entries()) {
      const path = await this.#pictures.get(place.device)?.open(place.mount.fileSystem);
      devicePaths.push(
        path === undefined
          ? request.includeDevices[index]!
          : bytesOf((await workshop.mounts()).outside(path)),
      );
    }
    const pictures = [...this.#pictures.values()];
    return new TakenPictures({
      takenAtMs: this.#takenAtMs,
      readPaths,
      devicePaths,
      workshop,
      pictures,
      held: this.#held,
      log: request.log,
    });
  }

  /** Removes what was made, after a failure. */
  async abandon(): Promise<void> {
    this.#held.dispose();
    await removeOwnPictures(this.workshop, this.request.log);
  }
}

function bytesOf(path: string): Uint8Array {
  return new TextEncoder().encode(path);
}

function describeLive(paths: readonly string[]): string {
  const shown = paths.slice(0, SHOWN_PLACES).map((path) => `'${path}'`).join(", ");
  const more = paths.length > SHOWN_PLACES ? ` and ${paths.length - SHOWN_PLACES} more` : "";
  return `read as they are, not from a snapshot: ${shown}${more}`;
}
