import { assertEquals } from "@std/assert";
import { isUtf8Locale, tableStyle } from "./output_style.ts";

function environment(variables: Record<string, string>) {
  return { get: (name: string): string | undefined => variables[name] };
}

Deno.test("isUtf8Locale() follows LC_ALL, LC_CTYPE, LANG and what is installed", () => {
  const installed = (locale: string): boolean => locale === "de_DE.UTF-8";
  const cases: [Record<string, string>, boolean][] = [
    [{}, false],
    [{ LANG: "C" }, false],
    [{ LANG: "C.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LANG: "en_US.UTF-8" }, false],
    [{ LANG: "de_DE.UTF-8" }, true],
    [{ LANG: "C", LC_CTYPE: "C.UTF-8" }, true],
    [{ LANG: "C.UTF-8", LC_ALL: "C" }, false],
    [{ LANG: "C.UTF-8", LC_ALL: "" }, true],
    [{ LANG: "de_DE.ISO-8859-1" }, false],
  ];
  for (const [variables, expected] of cases) {
    assertEquals(isUtf8Locale(environment(variables), installed), expected, String(variables));
  }
});

Deno.test("tableStyle() obeys the variables even if they are empty", () => {
  const style = (variables: Record<string, string>) =>
    tableStyle(environment({ LANG: "C.UTF-8", ...variables }), undefined, () => false);
  assertEquals(style({}), { borders: "utf-8", hasHeader: true });
  assertEquals(style({ PROXMOX_OUTPUT_NO_BORDER: "" }), { borders: "none", hasHeader: true });
  assertEquals(style({ PROXMOX_OUTPUT_NO_HEADER: "" }), { borders: "utf-8", hasHeader: false });
});
