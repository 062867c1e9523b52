/** `M_MMAP_THRESHOLD` of the C library's `mallopt`. */
const MMAP_THRESHOLD_PARAMETER = -3;
const MMAP_THRESHOLD_BYTES = 128 * 1024;

/**
 * Lets the C library give large blocks back to the system as soon as they are freed. By itself it
 * keeps blocks of up to 32 MiB once such a one was freed, and fragments; buffers of some megabytes
 * that come and go then cost twice their memory.
 *
 * @returns Whether the C library knows about it.
 */
export function returnLargeBlocks(): boolean {
  try {
    const library = Deno.dlopen("libc.so.6", {
      mallopt: { parameters: ["i32", "i32"], result: "i32" },
    });
    const done = library.symbols.mallopt(MMAP_THRESHOLD_PARAMETER, MMAP_THRESHOLD_BYTES) === 1;
    library.close();
    return done;
  } catch {
    return false;
  }
}
