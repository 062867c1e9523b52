import { BUNDLED_ASSETS } from "./bundled_assets.ts";
import { fileURLToPath } from "node:url";
import type { HeaderField, IncomingRequest, OutgoingResponse } from "../http/mod.ts";
import { createHash } from "node:crypto";
import { PAGE_FIELDS } from "./_response.ts";

/** The files of the page by the paths at which they are served. */
const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ["/", ["index.html", "text/html;charset=utf-8"]],
  ["/page/page.js", ["page.js", "text/javascript;charset=utf-8"]],
  ["/page/page.css", ["page.css", "text/css;charset=utf-8"]],
  ["/page/icon.svg", ["icon.svg", "image/svg+xml"]],
]);
const FOLDER = new URL("assets/", import.meta.url);
/** Shown where the page was not built, by a way of starting the program that does not set it up. */
const NOT_BUILT = "<!doctype html><html lang=en><meta charset=utf-8><title>pbs-client</title>" +
  "<p>The page was not built: run scripts/build_page.ts.";

interface Asset {
  readonly bytes: Uint8Array;
  readonly fields: readonly HeaderField[];
  readonly tag: string;
}

/** The files that the page consists of; read once. */
export class PageAssets {
  readonly #assets = new Map<string, Asset>();

  /** Names of files that are not there, or hold nothing: those of a page that was not built. */
  static missingFiles(): string[] {
    return [...FILES.values()].map(([file]) => file).filter((file) => {
      if (BUNDLED_ASSETS.has(file)) return false;
      try {
        return Deno.statSync(fileURLToPath(new URL(file, FOLDER))).size === 0;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        return true;
      }
    });
  }

  /** Whether a path is that of a file of the page. */
  has(path: string): boolean {
    return FILES.has(path);
  }

  /** The answer to a request for one of the files. */
  async answer(path: string, { headers }: IncomingRequest): Promise<OutgoingResponse> {
    const { bytes, fields, tag } = this.#assets.get(path) ?? await this.#load(path);
    if (headers.get("if-none-match") === tag) return { status: 304, headers: fields };
    return { status: 200, headers: fields, body: bytes };
  }

  async #load(path: string): Promise<Asset> {
    const [file, type] = FILES.get(path)!;
    let bytes: Uint8Array;
    try {
      bytes = BUNDLED_ASSETS.get(file) ??
        await Deno.readFile(fileURLToPath(new URL(file, FOLDER)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      bytes = new TextEncoder().encode(file === "index.html" ? NOT_BUILT : "");
    }
    const tag = `"${createHash("sha256").update(bytes).digest("base64url")}"`;
    const fields: HeaderField[] = [
      ["content-type", type],
      // Asked for each time, and answered with 304: another version shows immediately.
      ["cache-control", "no-cache"],
      ["etag", tag],
      ...PAGE_FIELDS,
    ];
    const asset = { bytes, fields, tag };
    this.#assets.set(path, asset);
    return asset;
  }
}
