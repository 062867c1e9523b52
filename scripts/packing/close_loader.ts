/** Files of the host that a loader reads. */
const FILES = ["/etc/ld.so.cache", "/etc/ld.so.preload"];
/** Folders of the host in which a loader looks for libraries. */
const FOLDER = /^\/(?:usr\/)?lib\/(?:[a-z0-9_-]+\/)?$/;

/**
 * Closes a loader against the host: the names of folders and files in which it would look for libraries
 * become names that nobody has. Host names are looked up with modules that `/etc/nsswitch.conf` names,
 * and a module of the host does not fit to another C library.
 *
 * @throws {Error} if there are no such names in it.
 */
export function closeLoader(loader: Uint8Array): Uint8Array<ArrayBuffer> {
  const closed = loader.slice();
  const found = new Set<string>();
  const decoder = new TextDecoder("latin1");
  for (let start = 0; start < closed.length;) {
    const end = closed.indexOf(0, start);
    if (end < 0) break;
    if (closed[start] === SLASH && end - start < MAX_NAME_LENGTH) {
      const name = decoder.decode(closed.subarray(start, end));
      if (FILES.includes(name) || FOLDER.test(name)) {
        found.add(name);
        hideName(closed.subarray(start, end));
      }
    }
    start = end + 1;
  }
  const missing = [...FILES, "/lib/", "/usr/lib/"].filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`the loader does not name ${missing.join(", ")}`);
  return closed;
}

const SLASH = 0x2f;
const HYPHEN = 0x2d;
const MAX_NAME_LENGTH = 64;

function hideName(name: Uint8Array): void {
  for (const [index, byte] of name.entries()) if (byte !== SLASH) name[index] = HYPHEN;
}
