import { fromFileUrl } from "@std/path";

const VECTORS = fromFileUrl(new URL("../vectors/real/", import.meta.url));

let extracted: Promise<string> | undefined;

/**
 * A datastore that the official server left behind, unpacked into a temporary directory the first
 * time a test file asks for it and removed when that file's tests have ended. Read only: a test that
 * changes something makes its own copy.
 *
 * @returns The datastore's directory.
 */
export function realDatastore(): Promise<string> {
  extracted ??= extract();
  return extracted;
}

/** Path of a file beside the datastore: `keys/none.key`, `listings/source-0.jsonl`. */
export function realVectorPath(name: string): string {
  return VECTORS + name;
}

/** Text of a file beside the datastore. */
export function realVectorText(name: string): string {
  return Deno.readTextFileSync(VECTORS + name);
}

/** What a reader has to find in the datastore, as far as tests of several rooms use it. */
export interface ExpectedDatastore {
  readonly snapshots: readonly ExpectedSnapshot[];
  readonly totals: {
    readonly snapshots: number;
    readonly "index-files": number;
    readonly chunks: number;
    readonly "chunk-containers": Readonly<Record<string, number>>;
    readonly "chunk-file-bytes": number;
    readonly "virtual-bytes": number;
  };
}

/** One snapshot of {@linkcode ExpectedDatastore}. */
export interface ExpectedSnapshot {
  readonly namespace: string;
  readonly "backup-type": "ct" | "host" | "vm";
  readonly "backup-id": string;
  readonly "backup-time": number;
  /** Relative to the datastore. */
  readonly directory: string;
  /** Relative to the vectors, or null without key. */
  readonly key: string | null;
  readonly signed: boolean;
  readonly protected: boolean;
  readonly notes: string | null;
  readonly manifest: {
    readonly "blob-size": number;
    readonly "text-size": number;
    readonly "text-sha256": string;
  };
  readonly files: readonly ExpectedFile[];
  readonly "not-in-manifest"?: readonly {
    readonly filename: string;
    readonly size: number;
    readonly sha256: string;
    readonly "plain-size": number;
    readonly "plain-sha256": string;
  }[];
}

/** One file of {@linkcode ExpectedSnapshot}; members depend on its kind. */
export interface ExpectedFile {
  readonly filename: string;
  readonly "crypt-mode": "none" | "encrypt" | "sign-only";
  readonly size: number;
  readonly csum: string;
  readonly "plain-sha256": string;
  readonly chunks?: number;
  readonly "distinct-chunks"?: number;
  readonly "chunk-size"?: number;
  readonly container?: string;
  readonly "plain-size"?: number;
  /** Pxar format version of a file archive. */
  readonly format?: number;
  readonly entries?: number;
  readonly types?: Readonly<Record<string, number>>;
  readonly "listing-sha256"?: string;
  readonly "referenced-files"?: number;
  readonly "referenced-bytes"?: number;
  readonly "padding-bytes"?: number;
}

/** Reads `expected.json`. */
export function expectedDatastore(): ExpectedDatastore {
  return JSON.parse(realVectorText("expected.json"));
}

async function extract(): Promise<string> {
  const directory = Deno.makeTempDirSync({ prefix: "pbs-real-" });
  addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  const { success, stderr } = await new Deno.Command("tar", {
    args: ["--extract", "--numeric-owner", "--use-compress-program=zstd -d"]
      .concat(["--file", realVectorPath("datastore.tar.zst"), "--directory", directory]),
  }).output();
  if (!success) {
    throw new Error(`cannot unpack the datastore: ${new TextDecoder().decode(stderr)}`);
  }
  return directory;
}
