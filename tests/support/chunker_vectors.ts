import type { VectorInput } from "./vector_input.ts";

/** One stream and where the rolling hash cuts it. */
export interface CutVector {
  readonly name: string;
  readonly avg: number;
  readonly input: VectorInput;
  readonly input_sha256: string;
  readonly ends: readonly number[];
  readonly didx_csum: string;
  readonly first_chunk_sha256?: string;
  readonly chunk_sha256?: readonly string[];
}

/** One payload stream with suggested boundaries. */
export interface PayloadVector {
  readonly name: string;
  readonly avg: number;
  readonly input: VectorInput;
  readonly suggestions: readonly number[];
  /** Length of the pieces that the stream comes in. */
  readonly feed: number;
  readonly ends: readonly number[];
}

/** One payload stream with forced boundaries. */
export interface InjectionVector {
  readonly name: string;
  readonly avg: number;
  readonly input: VectorInput;
  readonly suggestions: readonly number[];
  readonly injections: readonly { readonly boundary: number; readonly size: number }[];
  readonly feed: number;
  readonly items: readonly { readonly raw: number; readonly then_inject?: number }[];
}

/** The file `tests/vectors/chunker-vectors.json`. */
export interface ChunkerVectors {
  readonly buzhash_table_check: {
    readonly entries: number;
    readonly sha256_of_entries_as_u32_le: string;
    readonly xor_of_all_entries: number;
    readonly sum_mod_2_32: number;
  };
  readonly rolling_hash_trace: {
    readonly input: VectorInput;
    readonly avg: number;
    readonly values: readonly { readonly bytes: number; readonly h: number }[];
  };
  readonly vectors: readonly CutVector[];
  readonly payload_vectors: readonly PayloadVector[];
  readonly injection_vectors: readonly InjectionVector[];
}

/** Reads the vectors that chunkers are tested with. */
export async function chunkerVectors(): Promise<ChunkerVectors> {
  const url = new URL("../vectors/chunker-vectors.json", import.meta.url);
  return JSON.parse(await Deno.readTextFile(url));
}
