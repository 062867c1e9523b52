/** Version of the program, the same as in `deno.json`: major, minor, release. */
export const VERSION = "0.1.0";
