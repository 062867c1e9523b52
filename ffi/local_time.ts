const SYMBOLS = {
  tzset: { parameters: [], result: "void" },
  localtime_r: { parameters: ["buffer", "buffer"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Bound once: the library stays open for the life of the process. */
let symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

/** Length of the C library's `struct tm`, 64 bit, and where `tm_gmtoff` is in it. */
const TM_LENGTH = 56;
const GMTOFF_OFFSET = 40;

/**
 * Seconds by which local time is ahead of UTC at a time, as the C library understands `TZ`: names,
 * files and rules of POSIX.
 *
 * @param epochSeconds Seconds since the epoch.
 * @returns 0 for a year that the C library cannot express.
 */
export function utcOffsetSeconds(epochSeconds: number): number {
  if (symbols === undefined) {
    symbols = Deno.dlopen("libc.so.6", SYMBOLS).symbols;
    // `localtime_r` need not look at TZ by itself.
    symbols.tzset();
  }
  const tm = new Uint8Array(TM_LENGTH);
  const time = new BigInt64Array([BigInt(Math.floor(epochSeconds))]);
  if (symbols.localtime_r(new Uint8Array(time.buffer), tm) === null) return 0;
  return Number(new DataView(tm.buffer).getBigInt64(GMTOFF_OFFSET, true));
}
