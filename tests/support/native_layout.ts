import { nativeLibraryPath } from "../../ffi/native_library_path.ts";

/** A field and its offset in bytes, or a name and its value. */
export interface LayoutItem {
  /** In the style of its table: `mtime_secs`, `READ_LINK` or `ReadLink`. */
  readonly name: string;
  /** Rust type. */
  readonly kind: string;
  readonly value: bigint;
  readonly doc: string;
}

/** A record or a set of values of the native core's binary interface. */
export interface LayoutTable {
  /** How the fields of a record are counted. */
  readonly form: "words" | "bytes" | "values";
  /** In Pascal case. */
  readonly name: string;
  /** Bytes of a record. */
  readonly size: number;
  readonly doc: string;
  readonly items: readonly LayoutItem[];
}

/** What the native core tells of itself: `pbs_layout` or `pbs_functions`. */
export function nativeText(name: "pbs_layout" | "pbs_functions"): string {
  const tell = { name, parameters: ["buffer", "usize"], result: "i64" } as const;
  const library = Deno.dlopen(nativeLibraryPath(), { tell });
  const text = new Uint8Array(Number(library.symbols.tell(null, 0n)));
  library.symbols.tell(text, BigInt(text.length));
  library.close();
  return new TextDecoder().decode(text);
}

/** What crosses the binary interface, as the native core tells it. */
export function nativeLayout(): LayoutTable[] {
  const text = nativeText("pbs_layout");
  const tables: (LayoutTable & { items: LayoutItem[] })[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const words = line.split("\t");
    if (line.startsWith("\t")) {
      const [, name = "", kind = "", value = "", doc = ""] = words;
      tables.at(-1)!.items.push({ name, kind, value: BigInt(value), doc });
    } else {
      const [form, name = "", size = "", doc = ""] = words;
      if (form !== "words" && form !== "bytes" && form !== "values") {
        throw new Error(`unknown form "${form}" of table ${name}`);
      }
      tables.push({ form, name, size: Number(size), doc, items: [] });
    }
  }
  return tables;
}

/** Name of a C structure or macro. */
function snake(name: string): string {
  return /[a-z]/.test(name) ? name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase() : name;
}

function pascal(name: string): string {
  return snake(name).toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

const WRITTEN =
  "Written by scripts/write_native_layout.ts from the `layout` modules of the native\n" +
  " * crates, where each record and value is declared once.";

/** Name in C of a value of a table. */
export function macroName({ name }: LayoutTable, item: LayoutItem): string {
  return `PBS_${snake(name)}_${snake(item.name)}`.toUpperCase();
}

/** Name in C of a record. */
export function structName({ name }: LayoutTable): string {
  return `pbs_${snake(name)}`;
}

function literal({ kind, value }: LayoutItem): string {
  return kind === "u64" ? `UINT64_C(${value})` : kind.startsWith("u") ? `${value}u` : `${value}`;
}

function member({ name, kind }: LayoutItem): string {
  const [, element = kind, count] = /^\[(\w+); (\d+)\]$/.exec(kind) ?? [];
  const [, sign, bits] = /^([ui])(\d+)$/.exec(element)!;
  const array = count === undefined ? "" : `[${count}]`;
  return `${sign === "u" ? "u" : ""}int${bits}_t ${name}${array};`;
}

/** Text of `native/include/pbs_layout.h`. */
export function layoutHeader(tables: readonly LayoutTable[]): string {
  const lines = ["/*", ` * ${WRITTEN}`, " */", "#ifndef PBS_LAYOUT_H", "#define PBS_LAYOUT_H", ""];
  lines.push("#include <stdint.h>", "");
  for (const table of tables) {
    lines.push(`/* ${table.doc} */`);
    const isRecord = table.form !== "values";
    if (isRecord) lines.push(`struct ${structName(table)} {`);
    for (const item of table.items) {
      const comment = item.doc === "" ? "" : ` /* ${item.doc} */`;
      if (isRecord) lines.push(`  ${member(item)}${comment}`);
      else lines.push(`#define ${macroName(table, item)} ${literal(item)}${comment}`);
    }
    if (isRecord) lines.push("};");
    lines.push("");
  }
  lines.push("#endif", "");
  return lines.join("\n");
}

/** Name of the TypeScript constants of a table. */
export function constantsName({ form, name }: LayoutTable): string {
  return form === "values" ? name : form === "words" ? `${name}Word` : `${name}Byte`;
}

/** Name of the TypeScript constant that says how long a record is. */
export function sizeName({ name }: LayoutTable): string {
  return `${snake(name).toUpperCase()}_BYTES`;
}

/** Key of an item among the constants of its table. */
export function constantName({ form }: LayoutTable, { name }: LayoutItem): string {
  return form === "values" ? pascal(name) : camel(name);
}

/** Text of `ffi/native_layout.ts`. */
export function layoutTypeScript(tables: readonly LayoutTable[]): string {
  const lines = ["/**", ` * ${WRITTEN}`, " *", " * @module", " */", ""];
  for (const table of tables) {
    const { form, doc, items, size } = table;
    const unit = {
      words: " Number of each field's word.",
      bytes: " Byte of each field.",
      values: "",
    };
    lines.push(`/** ${doc}${unit[form]} */`);
    lines.push(`export const ${constantsName(table)} = {`);
    for (const item of items) {
      if (item.doc !== "") lines.push(`  /** ${item.doc} */`);
      lines.push(`  ${constantName(table, item)}: ${number(table, item)},`);
    }
    lines.push("} as const;", "");
    if (form === "values") continue;
    lines.push(`/** Bytes of the fixed part of that record. */`);
    lines.push(`export const ${sizeName(table)} = ${size};`, "");
  }
  return lines.join("\n").trimEnd() + "\n";
}

function number({ form, name }: LayoutTable, item: LayoutItem): string {
  if (form !== "words") return item.value > 0xffff_ffffn ? `${item.value}n` : `${item.value}`;
  if (item.value % 4n !== 0n) throw new Error(`${name}.${item.name} is not at a word`);
  return `${item.value / 4n}`;
}
