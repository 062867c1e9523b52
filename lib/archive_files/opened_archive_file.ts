import { UsageError } from "../errors/mod.ts";
import { PxarAccessor } from "../pxar/mod.ts";
import { type ArchiveInput, FileInput } from "./_archive_input.ts";
import { checkForm } from "./_check_form.ts";
import { InputPieces } from "./_input_pieces.ts";

/** Bytes that tell of which form an archive is. */
const PIECE_BYTES = 64 * 1024;

/** An archive file whose entries are looked up at any place, as long as it is open. */
export class OpenedArchiveFile implements Disposable {
  readonly #inputs: DisposableStack;

  private constructor(
    /** The entries. */
    readonly tree: PxarAccessor,
    inputs: DisposableStack,
  ) {
    this.#inputs = inputs;
  }

  /**
   * Opens an archive file.
   *
   * @param path Raw bytes.
   * @param payloadPath The file with the contents of a split archive.
   * @throws {UsageError} if it can only be read front to back, or the second half is missing.
   * @throws {NotFoundError} if there is no such archive, {CorruptDataError} if it is damaged.
   */
  static async open(path: Uint8Array, payloadPath?: Uint8Array): Promise<OpenedArchiveFile> {
    using inputs = new DisposableStack();
    const archive = inputs.use(await FileInput.open(path));
    const payload = payloadPath && inputs.use(await FileInput.open(payloadPath));
    const access = anyPlaceOf(archive);
    const payloadAccess = payload && anyPlaceOf(payload);
    await using pieces = new InputPieces(archive, PIECE_BYTES);
    await using payloadPieces = payload && new InputPieces(payload, PIECE_BYTES);
    await checkForm(archive, pieces, payload && { input: payload, pieces: payloadPieces! });
    const tree = await PxarAccessor.open(access, payloadAccess);
    return new OpenedArchiveFile(tree, inputs.move());
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.#inputs[Symbol.dispose]();
  }
}

function anyPlaceOf(input: ArchiveInput): NonNullable<ArchiveInput["randomAccess"]> {
  const access = input.randomAccess;
  if (access !== undefined) return access;
  throw new UsageError(`${input.name} can only be read front to back: mounting needs a file`);
}
