import { UsageError } from "../errors/mod.ts";

/** The restricted characters of datastore names, realms and token names (spec: cli.md §2.1). */
const SAFE = "[A-Za-z0-9_][A-Za-z0-9._\\-]*";
const USER = "[^\\s:/\\x00-\\x1f\\x7f]+";
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9\\-]*[a-zA-Z0-9])?";
const DNS = `(?:${LABEL}\\.)*${LABEL}`;

const AUTH_ID = new RegExp(`^${USER}@${SAFE}(?:!${SAFE})?$`, "u");
const HOST_NAME = new RegExp(`^${DNS}$`);
const SAFE_NAME = new RegExp(`^${SAFE}$`);
const VSOCK = /^\[vsock:(0|[1-9][0-9]{0,9})\]$/;
/** The number above all that name a machine; it stands for any of them. */
const ANY_CID = 0xffff_ffff;
const OCTET = /^(?:25[0-5]|(?:2[0-4]|1[0-9]|[1-9])?[0-9])$/;

/** Whether a text is made of the restricted characters of datastore and archive names. */
export function isSafeName(text: string): boolean {
  return SAFE_NAME.test(text);
}

/** Whether a text has the shape of a user or token id; {@linkcode checkRealm} does the rest. */
export function isAuthIdText(text: string): boolean {
  return AUTH_ID.test(text);
}

/**
 * Refuses an auth id whose realm has a length no realm has.
 *
 * @param authId Has the shape of an auth id. The realm starts after the last `@`.
 * @throws {UsageError} if the realm is shorter than 2 or longer than 32 characters.
 */
export function checkRealm(authId: string): void {
  const realm = authId.slice(authId.lastIndexOf("@") + 1).split("!")[0]!;
  if (realm.length < 2 || realm.length > 32) throw new UsageError("invalid realm in user id");
}

/**
 * Whether a text is a host name, an IPv4 address, or in brackets an IPv6 address or the vsock
 * address of a machine.
 */
export function isHostText(text: string): boolean {
  return HOST_NAME.test(text) || (/^\[.*\]$/.test(text) && isIpv6(text.slice(1, -1))) ||
    vsockCidOf(text) !== undefined;
}

/** Whether a text is a host name, an IPv4 address, or without brackets IPv6 or vsock. */
export function isServerName(text: string): boolean {
  return HOST_NAME.test(text) || isIpv6(text) || vsockCidOf(`[${text}]`) !== undefined;
}

/**
 * The context id of a machine that is reached over vsock, if a host is one: `[vsock:CID]`. The
 * brackets tell it from a host called vsock, as those of IPv6 addresses tell the port.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(["[vsock:2]", "vsock:2", "vsock", "[::1]"].map(vsockCidOf), [
 *   2,
 *   undefined,
 *   undefined,
 *   undefined,
 * ]);
 * ```
 */
export function vsockCidOf(host: string): number | undefined {
  const cid = Number(VSOCK.exec(host)?.[1] ?? ANY_CID);
  return cid < ANY_CID ? cid : undefined;
}

/**
 * Whether a text is an IPv6 address as of RFC 4291, without brackets and zone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(["::1", "fd00::5", "::ffff:1.2.3.4"].map(isIpv6), [true, true, true]);
 * assertEquals(["1.2.3.4", "1::2::3", "fe80::1%lo"].map(isIpv6), [false, false, false]);
 * ```
 */
export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === "") {
      if (halves.length === 1) return false;
      continue;
    }
    const parts = half.split(":");
    for (const [position, part] of parts.entries()) {
      const isLast = index === halves.length - 1 && position === parts.length - 1;
      if (isLast && part.includes(".")) {
        const octets = part.split(".");
        if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet))) return false;
        groups += 2;
      } else {
        if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return false;
        groups++;
      }
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}
