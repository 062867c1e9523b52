/** What stands at both ends of what `deno compile` puts behind its runtime. */
const MAGIC = "d3n0l4nd";
/** Folder of the packages in an executable. */
export const PACKAGES = ".deno_compile_node_modules";

/** How an executable starts its program. */
export interface CompiledMetadata {
  readonly entrypoint_key: string;
  readonly app_name: string;
  readonly permissions: Record<string, readonly string[] | boolean | null>;
  readonly unstable_config: { readonly features: readonly string[] };
  readonly workspace_resolver: { readonly import_map: { readonly json: string } };
}

/** A place in the bytes of all files: offset and length. */
type Place = readonly [number, number];

/** Names as they are there: `o` is where the file's bytes are, `m` the JavaScript that was made of them. */
type Entry =
  | { readonly Dir: { readonly n: string; readonly e: readonly Entry[] } }
  | { readonly File: { readonly n: string; readonly o: Place; readonly m?: Place } };

/**
 * Unpacks what a compiled executable holds beside its runtime, the modules as the JavaScript that it
 * would run.
 *
 * @param folder Where to.
 */
export async function unpackCompiled(path: string, folder: string): Promise<CompiledMetadata> {
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  let at = findSection(bytes);
  const take = (): Uint8Array<ArrayBuffer> => {
    const length = Number(view.getBigUint64(at, true));
    at += 8 + length;
    return bytes.subarray(at - length, at);
  };
  const metadata: CompiledMetadata = JSON.parse(new TextDecoder().decode(take()));
  take();
  // Addresses, redirects and contents of modules from elsewhere: none, so three counts.
  for (const _ of ["addresses", "redirects", "modules"]) {
    if (view.getUint32(at, true) !== 0) throw new Error(`"${path}" holds modules from elsewhere`);
    at += 4;
  }
  const entries: Entry[] = JSON.parse(new TextDecoder().decode(take()));
  const contents = take();
  if (new TextDecoder("latin1").decode(bytes.subarray(at, at + MAGIC.length)) !== MAGIC) {
    throw new Error(`"${path}" was not read to its end`);
  }
  for (const entry of entries) await write(entry, folder, contents);
  return metadata;
}

/** The runtime itself has the magic in it; where it stands twice, the second one begins the contents. */
function findSection(bytes: Uint8Array): number {
  const magic = new TextEncoder().encode(MAGIC + MAGIC);
  for (let at = bytes.indexOf(magic[0]!); at >= 0; at = bytes.indexOf(magic[0]!, at + 1)) {
    if (magic.every((byte, i) => bytes[at + i] === byte)) return at + magic.length;
  }
  throw new Error("nothing was compiled into this file");
}

async function write(entry: Entry, folder: string, contents: Uint8Array): Promise<void> {
  if ("Dir" in entry) {
    const path = `${folder}/${entry.Dir.n}`;
    await Deno.mkdir(path);
    for (const inner of entry.Dir.e) await write(inner, path, contents);
  } else {
    const [offset, length] = entry.File.m ?? entry.File.o;
    await Deno.writeFile(`${folder}/${entry.File.n}`, contents.subarray(offset, offset + length));
  }
}
