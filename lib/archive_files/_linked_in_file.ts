import { CorruptDataError } from "../errors/mod.ts";
import { PxarAccessor, type PxarEntry } from "../pxar/mod.ts";
import type { LinkedFile, LinkedFiles } from "../restore/mod.ts";
import type { ArchiveInput } from "./_archive_input.ts";

/** An archive file at any place, for an extraction that goes through it front to back. */
export class LinkedInFile implements LinkedFiles {
  #tree: Promise<PxarAccessor> | undefined;
  #whole: Promise<PxarAccessor> | undefined;

  constructor(
    private readonly archive: ArchiveInput,
    private readonly payload: ArchiveInput | undefined,
  ) {}

  async tree(): Promise<PxarAccessor> {
    return await (this.#tree ??= PxarAccessor.open(accessTo(this.archive)));
  }

  async find(link: PxarEntry): Promise<LinkedFile> {
    this.#whole ??= this.payload === undefined
      ? this.tree()
      : PxarAccessor.open(accessTo(this.archive), accessTo(this.payload));
    const accessor = await this.#whole;
    const { entry } = await accessor.resolve({ entry: link, end: 0, pathLength: 0 });
    return { entry, content: await accessor.content(entry) };
  }

  /** Nothing: the inputs are the caller's. */
  [Symbol.dispose](): void {}
}

function accessTo(input: ArchiveInput) {
  const access = input.randomAccess;
  if (access !== undefined) return access;
  // What the extraction makes of archives that it cannot look around in.
  throw new CorruptDataError(`${input.name} can be read only once`);
}
