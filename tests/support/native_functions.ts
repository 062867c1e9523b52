import { nativeText } from "./native_layout.ts";

/** How a parameter or result is passed, and what it is: a number in Rust, or a record. */
export interface NativeType {
  readonly passing: "value" | "const" | "mut";
  readonly name: string;
}

/** A C function of the native core. */
export interface NativeFunctionType {
  readonly name: string;
  readonly result: NativeType;
  readonly parameters: readonly NativeType[];
}

/** The C functions of the native core, with the types that its compiler knows. */
export function nativeFunctions(): NativeFunctionType[] {
  const lines = nativeText("pbs_functions").trimEnd().split("\n");
  return lines.map((line) => {
    const [name, result, ...parameters] = line.split("\t");
    return { name: name!, result: typeOf(result!), parameters: parameters.map(typeOf) };
  });
}

function typeOf(text: string): NativeType {
  const [, passing, name] = /^(const|mut) (\w+)$/.exec(text) ?? [];
  return { passing: passing as "const" | "mut" | undefined ?? "value", name: name ?? text };
}

/** A type as `Deno.dlopen` takes it. */
function runtimeType({ passing, name }: NativeType): string {
  return passing === "value" ? name : "buffer";
}

/** Text of `ffi/native_functions.ts`. */
export function functionsTypeScript(functions: readonly NativeFunctionType[]): string {
  const lines = [
    "/**",
    " * The C functions of the native core, as `Deno.dlopen` takes them. Written by",
    " * scripts/write_native_layout.ts from what the native core tells.",
    " */",
    "export const NativeFunction = {",
  ];
  for (const { name, result, parameters } of functions) {
    const words = parameters.map((parameter) => `"${runtimeType(parameter)}"`).join(", ");
    const line = `  ${name}: { parameters: [${words}], result: "${runtimeType(result)}" },`;
    if (line.length <= 100) lines.push(line);
    else {lines.push(
        `  ${name}: {`,
        `    parameters: [${words}],`,
        `    result: "${runtimeType(result)}",`,
        "  },",
      );}
  }
  lines.push("} as const;", "");
  return lines.join("\n");
}

/** A type in C. */
function cType({ passing, name }: NativeType): string {
  const [, sign, bits] = /^([ui])(\d+)$/.exec(name) ?? [];
  const record = name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
  const value = bits !== undefined
    ? `${sign === "u" ? "u" : ""}int${bits}_t`
    : name === "usize"
    ? "size_t"
    : `struct pbs_${record}`;
  return { value: value, const: `const ${value} *`, mut: `${value} *` }[passing];
}

/** A C declaration that compiles if a header declares a function with these types. */
export function cAssertion({ name, result, parameters }: NativeFunctionType): string {
  const types = parameters.map(cType).join(", ") || "void";
  const expected = `${cType(result)}(${types})`;
  return `_Static_assert(__builtin_types_compatible_p(__typeof__(${name}), ${expected}), "${name}");`;
}
