import type { Environment } from "../environment.ts";
import type { TableStyle } from "./table.ts";

/**
 * How tables look in this environment (spec: cli.md §1.8).
 *
 * @param maxWidth Columns of the terminal the table goes to; absent if it goes elsewhere.
 * @param isInstalled Whether the system has a locale.
 */
export function tableStyle(
  environment: Environment,
  maxWidth: number | undefined,
  isInstalled: (locale: string) => boolean = isInstalledLocale,
): TableStyle {
  const hasBorders = environment.get("PROXMOX_OUTPUT_NO_BORDER") === undefined;
  return {
    borders: !hasBorders ? "none" : isUtf8Locale(environment, isInstalled) ? "utf-8" : "ascii",
    hasHeader: environment.get("PROXMOX_OUTPUT_NO_HEADER") === undefined,
    ...(maxWidth === undefined ? {} : { maxWidth }),
  };
}

/** Whether the codeset of the locale is UTF-8. A locale that is not installed counts as `C`. */
export function isUtf8Locale(
  environment: Environment,
  isInstalled: (locale: string) => boolean,
): boolean {
  const locale = environment.get("LC_ALL") || environment.get("LC_CTYPE") ||
    environment.get("LANG") || "C";
  const codeset = locale.split(".")[1]?.split("@")[0]?.toLowerCase().replaceAll("-", "");
  if (codeset !== "utf8") return false;
  return /^(?:C|POSIX)\./.test(locale) || isInstalled(locale);
}

/** Looks a locale up where the C library does: a folder of its own, or the archive. */
function isInstalledLocale(locale: string): boolean {
  const name = locale.replace(/\.[^@]*/, ".utf8");
  for (const folder of [locale, name]) {
    if (folder.includes("/")) return false;
    try {
      if (Deno.statSync(`/usr/lib/locale/${folder}/LC_CTYPE`).isFile) return true;
    } catch {
      // Not there.
    }
  }
  try {
    const archive = Deno.readFileSync("/usr/lib/locale/locale-archive");
    // Names lie in the archive's string table, each ended by a NUL.
    return new TextDecoder("latin1").decode(archive).includes(`\0${name}\0`);
  } catch {
    return false;
  }
}
