/** Folders whose code sees what others wrote. */
const ROOMS = ["lib", "cli"];
/**
 * What makes a name a parser's. Whoever writes one under another name is asked to choose one of these:
 * the verbs are the project's words for making sense of bytes.
 */
const FUNCTION =
  /^export (?:async )?(?:function\*?|const) ((?:parse|decode|read|split|unpack|decompress|match|evaluate|trim|quote)[A-Z]\w*|huffmanDecode)/gm;
const CLASS =
  /^export (?:abstract )?class (\w*(?:Reader|Decoder|Parser|Cursor|Accessor|Receiver|Directory|Glob|MatchEntry|Verifier))\b/gm;

/** All parsers of the sources, as `lib/blob/blob_header.ts parseBlobHeader`. */
export function findParsers(): string[] {
  const root = new URL("../../", import.meta.url);
  const found: string[] = [];
  const look = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
      const path = `${folder}/${name}`;
      if (isDirectory) look(path);
      if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
      const text = Deno.readTextFileSync(new URL(path, root));
      for (const pattern of [FUNCTION, CLASS]) {
        for (const [, parser] of text.matchAll(pattern)) found.push(`${path} ${parser}`);
      }
    }
  };
  for (const room of ROOMS) look(room);
  return found.sort();
}
