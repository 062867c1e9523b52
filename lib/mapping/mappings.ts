import { Errno } from "../../ffi/errno.ts";
import { statPath } from "../../ffi/posix_files.ts";
import { unmount } from "../fuse/mod.ts";
import { ConflictError, NotFoundError, SystemError } from "../errors/mod.ts";
import { LoopDevices } from "./loop_devices.ts";
import type { Mapping } from "./mapping.ts";
import { MappingFolder } from "./mapping_folder.ts";
import { mountedFiles } from "./mounted_files.ts";
import { hasEnded, servesFuse } from "./_process.ts";
import { escapeUnitName, unescapeUnitName } from "./unit_name.ts";

/** Time that the owner of a mapping has to leave (spec: client-pipeline.md §6.5). */
const LEAVING_MS = 10_000;
/** Numbers that stand for a loop device whether something is mapped to it or not. */
const MAX_KNOWN_NUMBER = 255;

/** All mappings of this machine: listing them, ending them, and clearing away what dead ones left. */
export class Mappings {
  /** The folder that they are kept in. */
  readonly folder: MappingFolder;
  /** The devices of this machine. */
  readonly loops: LoopDevices;

  constructor(
    folder: MappingFolder = new MappingFolder(),
    loops: LoopDevices = new LoopDevices(),
  ) {
    this.folder = folder;
    this.loops = loops;
  }

  /** The mappings as they are, sorted by name. */
  async list(): Promise<Mapping[]> {
    const { folder } = this;
    const prefix = `${folder.path}/`;
    const used = (await this.loops.used()).filter(({ file }) => file.startsWith(prefix));
    const devices = new Map(used.map(({ file, number }) => [file, number]));
    const found: Mapping[] = [];
    for (const fileName of folder.fileNames()) {
      const file = prefix + fileName;
      const id = await folder.ownerOf(file);
      found.push({
        name: unescapeUnitName(fileName),
        file,
        device: devices.get(file),
        owner: await ownerOf(id),
        isFile: false,
      });
    }
    for (const mounted of mountedFiles(await Deno.readTextFile("/proc/self/mountinfo"))) {
      if (mounted.file.startsWith(prefix)) continue;
      const owner = await ownerOf(mounted.owner);
      found.push({ ...mounted, device: undefined, owner, isFile: true });
    }
    return found;
  }

  /**
   * Clears away what processes have left that did not end by themselves, and ends those whose device
   * was taken away.
   *
   * @returns Names of the mappings that are gone now.
   * @throws {LockedError} if somebody else does not come to an end of mapping something.
   */
  async clean(): Promise<string[]> {
    const names: string[] = [];
    const all = await this.list();
    for (const mapping of all.filter(isDeadFile)) {
      await this.#clear(mapping);
      names.push(mapping.name);
    }
    if (!all.some(isStale)) return names;
    using _lock = await this.folder.lock();
    // What was just being made when it was looked at is there by now.
    for (const mapping of (await this.list()).filter(isStale)) {
      if (mapping.owner === undefined) await this.#clear(mapping);
      else await this.#end(mapping, mapping.owner);
      names.push(mapping.name);
    }
    return names;
  }

  /**
   * The mapping that a text stands for: a device or its number, the path of a file, or a name or the
   * end of one (spec: cli.md §4.12).
   *
   * @throws {NotFoundError} if there is none, {ConflictError} if several names end like that.
   */
  async find(text: string): Promise<Mapping> {
    const all = await this.list();
    const number = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
    const path = number === undefined ? text : this.loops.pathOf(number);
    const byDevice = all.find(({ device }) =>
      device !== undefined && this.loops.pathOf(device) === path
    );
    if (byDevice !== undefined) return byDevice;
    if (path.startsWith(this.loops.pathOf("")) && (number ?? 0) <= MAX_KNOWN_NUMBER) {
      throw new NotFoundError(`nothing mapped to ${path}`);
    }
    const byFile = all.find(({ file, isFile }) => isFile && file === resolvedPath(text));
    if (byFile !== undefined) return byFile;
    const ending = escapeUnitName(text);
    const exact = all.filter(({ name, file, isFile }) =>
      name === text || !isFile && file === this.folder.fileOf(text)
    );
    const fitting = exact.length > 0
      ? exact
      : all.filter(({ name }) => escapeUnitName(name).endsWith(ending));
    const [first, ...others] = fitting;
    if (first === undefined) throw new NotFoundError(`no mapping for name '${text}' found`);
    if (others.length > 0) {
      const names = fitting.map(({ name }) => `'${name}'`).join(", ");
      throw new ConflictError(`'${text}' could be any of ${names}`);
    }
    return first;
  }

  /**
   * Ends a mapping.
   *
   * @throws {ConflictError} if its device is in use, or its process does not leave.
   */
  async end(mapping: Mapping): Promise<void> {
    const { device, owner, isFile } = mapping;
    if (device !== undefined && await this.loops.isHeld(device)) {
      const path = this.loops.pathOf(device);
      throw new ConflictError(`${path} is in use: unmount what is mounted from it first`);
    }
    if (owner !== undefined) return await this.#end(mapping, owner);
    if (isFile) return await this.#clear(mapping);
    using _lock = await this.folder.lock();
    await this.#clear(mapping);
  }

  async #end(mapping: Mapping, owner: number): Promise<void> {
    try {
      Deno.kill(owner, "SIGINT");
    } catch (error) {
      if (error instanceof Deno.errors.PermissionDenied) {
        throw new SystemError(1, `'${mapping.name}' is served by process ${owner} of another user`);
      }
      // It has just ended.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    if (!await hasEnded(owner, LEAVING_MS)) {
      throw new ConflictError(
        `process ${owner}, which serves '${mapping.name}', has not ended within 10 s`,
      );
    }
  }

  /** Takes everything away that belongs to a mapping whose process has gone. */
  async #clear({ device, file, isFile }: Mapping): Promise<void> {
    if (device !== undefined) await this.loops.detach(device);
    const isUnmounted = await unmount(file, true);
    if (!isFile) this.folder.remove(file);
    else if (!isUnmounted) throw new ConflictError(`cannot unmount ${file}: it is somebody else's`);
  }
}

/** The process of that number, if it still is what it was. */
async function ownerOf(id: number | undefined): Promise<number | undefined> {
  return id !== undefined && await servesFuse(id) ? id : undefined;
}

/** Whether something of a mapping is missing that it has when it has been made. */
function isStale({ isFile, device, owner }: Mapping): boolean {
  return !isFile && (device === undefined || owner === undefined);
}

/** Whether nobody serves an image that is mounted on a file. */
function isDeadFile({ isFile, file, owner }: Mapping): boolean {
  return isFile && owner === undefined && statPath(file) === -Errno.ENOTCONN;
}

/** Without looking at the file itself, which cannot be looked at when its mount is dead. */
function resolvedPath(path: string): string {
  const slash = path.lastIndexOf("/");
  try {
    const folder = Deno.realPathSync(path.slice(0, slash + 1) || ".");
    return `${folder.replace(/\/$/, "")}/${path.slice(slash + 1)}`;
  } catch {
    return path;
  }
}
