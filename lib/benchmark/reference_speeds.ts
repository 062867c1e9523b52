/** Bytes per second of the reference machine, an AMD Ryzen 7 2700X (spec: client-pipeline.md §8). */
export const REFERENCE_SPEEDS = {
  tls: 1_235_000_000,
  sha256: 2_022_000_000,
  compress: 752_000_000,
  decompress: 1_198_000_000,
  verify: 758_000_000,
  aes256_gcm: 3_645_000_000,
} as const;
