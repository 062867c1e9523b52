import { fromFileUrl } from "@std/path";

/** Folder of the native core's headers. */
export const INCLUDE: string = fromFileUrl(new URL("../../native/include", import.meta.url));

const STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"];

/**
 * Compiles a program with the native core's headers, for its errors only.
 *
 * @param standard Such as `c11` or `c++17`.
 * @param options For the compiler, beside the strict ones.
 * @param compiler Name of the program, which may compile for another machine.
 */
export async function compileC(
  standard: string,
  program: string,
  options: readonly string[] = [],
  compiler = "cc",
): Promise<{ ok: boolean; text: string }> {
  const language = standard.startsWith("c++") ? "c++" : "c";
  const cc = new Deno.Command(compiler, {
    args: [...STRICT, ...options, `-std=${standard}`, "-x", language, "-I", INCLUDE, "-"],
    env: { LC_ALL: "C" },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = cc.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const { success, stderr } = await cc.output();
  return { ok: success, text: new TextDecoder().decode(stderr) };
}
