import { assert, assertEquals } from "@std/assert";
import { compileC, INCLUDE } from "../tests/support/compile_c.ts";
import {
  cAssertion,
  functionsTypeScript,
  nativeFunctions,
  type NativeFunctionType,
} from "../tests/support/native_functions.ts";
import { Errno } from "./errno.ts";
import { openNative } from "./library.ts";
import { NativeFunction } from "./native_functions.ts";
import { nativeLibraryPath } from "./native_library_path.ts";

const headers = Array.from(Deno.readDirSync(INCLUDE), ({ name }) => name);

/** A C program that compiles if the headers declare the functions with these types. */
function assertions(functions: readonly NativeFunctionType[]): string {
  const includes = headers.map((name) => `#include "${name}"`);
  return [...includes, ...functions.map(cAssertion), ""].join("\n");
}

/** Functions for which the compiler says that the headers declare other types. */
async function refused(functions: readonly NativeFunctionType[]): Promise<string[]> {
  const { text } = await compileC("c11", assertions(functions), ["-fmax-errors=0"]);
  return Array.from(text.matchAll(/static assertion failed: "(\w+)"/g), ([, name]) => name!);
}

Deno.test("functions are bound with the types that the native core was compiled with", () => {
  const written = Deno.readTextFileSync(new URL("native_functions.ts", import.meta.url));
  assertEquals(
    written,
    functionsTypeScript(nativeFunctions()),
    "scripts/write_native_layout.ts writes it anew",
  );
  // What the core tells of itself is for tests and for what writes that file.
  const unbound = new Set(nativeFunctions().map(({ name }) => name));
  for (const name of ["pbs_layout", "pbs_functions"]) unbound.delete(name);
  for (const { name } of Deno.readDirSync(new URL(".", import.meta.url))) {
    if (!name.endsWith(".ts") || /^native_functions/.test(name)) continue;
    const source = Deno.readTextFileSync(new URL(name, import.meta.url));
    const byHand = /pbs_\w+"?[:,]\s*\{?\s*parameters/.exec(source)?.[0];
    assertEquals(byHand, undefined, `${name} has types of its own`);
    for (const [used] of source.matchAll(/\bpbs_\w+/g)) unbound.delete(used);
  }
  assertEquals([...unbound], [], "nobody uses these");
});

Deno.test("a C compiler finds the same types in the headers", async () => {
  const functions = nativeFunctions();
  const { ok, text } = await compileC("c11", assertions(functions));
  assert(ok, text);
});

Deno.test("a type that was changed on one side is noticed, whichever it is", async () => {
  const functions = nativeFunctions();
  const names = functions.map(({ name }) => name);
  const other = (type: NativeFunctionType["result"]): NativeFunctionType["result"] =>
    type.passing === "value"
      ? { ...type, name: type.name === "i32" ? "u32" : "i32" }
      : { ...type, passing: type.passing === "const" ? "mut" : "const" };
  const results = functions.map((each) => ({ ...each, result: other(each.result) }));
  assertEquals(await refused(results), names);
  const most = Math.max(...functions.map(({ parameters }) => parameters.length));
  for (let index = 0; index < most; index++) {
    const having = functions.filter(({ parameters }) => parameters.length > index);
    const changed = having.map((each) => ({
      ...each,
      parameters: each.parameters.map((type, at) => at === index ? other(type) : type),
    }));
    assertEquals(await refused(changed), having.map(({ name }) => name));
  }
  const fewer = functions.filter(({ parameters }) => parameters.length > 0).map((each) => ({
    ...each,
    parameters: each.parameters.slice(1),
  }));
  assertEquals(await refused(fewer), fewer.map(({ name }) => name));
  const [changed, ...same] = functions;
  const typeScript = functionsTypeScript([
    { ...changed!, result: other(changed!.result) },
    ...same,
  ]);
  assert(typeScript !== functionsTypeScript(functions));
});

Deno.test("every function of the shared object is in the table and in a header, and no others", () => {
  const names = nativeFunctions().map(({ name }) => name).sort();
  const declared = headers.flatMap((name) => {
    const text = Deno.readTextFileSync(`${INCLUDE}/${name}`).replace(/\/\*.*?\*\//gs, "");
    return Array.from(text.matchAll(/\b(pbs_\w+)\(/g), ([, found]) => found!);
  });
  assertEquals(declared.sort(), names);
  const nm = new Deno.Command("nm", {
    args: ["-D", "--defined-only", "--format=just-symbols", nativeLibraryPath()],
  }).outputSync();
  const exported = new TextDecoder().decode(nm.stdout).split("\n");
  assertEquals(exported.filter((name) => name.startsWith("pbs_")).sort(), names);
});

const HANDLES = /^pbs_(capture|extract|pipeline|stream|chunk|buffer|decoder)_/;

Deno.test("a number that is no handle gives EBADF in every function that takes one", () => {
  const symbols = openNative(NativeFunction) as unknown as Record<
    string,
    (...values: unknown[]) => number | bigint
  >;
  const decoder = Number(symbols.pbs_decoder_create!(new Uint8Array(1024)));
  assert(decoder > 0);
  const takers = nativeFunctions().filter(({ name, parameters }) =>
    HANDLES.test(name) && parameters[0]?.passing === "value" && parameters[0].name === "u32"
  );
  assert(takers.length > 20);
  const ofDecoder = ["destroy", "buffer", "decode", "check"].map((name) => `pbs_decoder_${name}`);
  const call = ({ name, parameters }: NativeFunctionType, handle: number) => {
    const values = parameters.slice(1).map(({ passing, name }) =>
      passing !== "value" ? new Uint8Array(1 << 20) : name === "usize" ? 64n : 64
    );
    return Number(symbols[name]!(handle, ...values));
  };
  const refusing = (handle: number) =>
    takers.filter((taker) => call(taker, handle) === -Errno.EBADF).map(({ name }) => name);
  const all = takers.map(({ name }) => name);
  for (const never of [0, 0xffff_ffff]) assertEquals(refusing(never), all);
  // The number of something else.
  const others = takers.filter(({ name }) => !ofDecoder.includes(name));
  assertEquals(
    others.filter((taker) => call(taker, decoder) !== -Errno.EBADF).map(({ name }) => name),
    [],
  );
  // One that was closed, and is closed again.
  assertEquals(symbols.pbs_decoder_destroy!(decoder), 0);
  assertEquals(refusing(decoder), all);
});
