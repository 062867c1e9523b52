/** Facts of a job that decide what its service may do. */
export interface ConfinementNeeds {
  /** Absolute paths of what is backed up. */
  readonly sources: readonly string[];
  /** Whether other file systems below them are entered. */
  readonly entersMounts: boolean;
  /** Folders that are written in. */
  readonly writable: readonly string[];
  readonly usesNetwork: boolean;
  /** Whether a command of the user's is run, of which nothing is known. */
  readonly runsCommand: boolean;
  /** Whether snapshots of sources are taken: programs of the system mount and work on devices. */
  readonly takesPictures: boolean;
  /** Whether it keeps something from one run to the next, in a folder that all jobs share. */
  readonly keepsState?: boolean;
  /** Names such as `CAP_DAC_READ_SEARCH`. */
  readonly capabilities: readonly string[];
  /** Whether it runs in the user's own manager, which cannot change what the job sees. */
  readonly isUserUnit: boolean;
}

/** Settings that hide paths. Where one of them is to be backed up, the setting is left out. */
const HIDING: readonly { readonly setting: string; readonly paths: readonly string[] }[] = [
  { setting: "PrivateTmp=yes", paths: ["/tmp", "/var/tmp"] },
  { setting: "PrivateDevices=yes", paths: ["/dev"] },
  { setting: "ProtectKernelLogs=yes", paths: ["/dev"] },
  { setting: "ProtectKernelModules=yes", paths: ["/lib/modules", "/usr/lib/modules"] },
  { setting: "ProtectProc=invisible", paths: ["/proc"] },
];

/** File systems of their own: not seen from above unless mounts are entered. */
const OWN_FILE_SYSTEMS = new Set(["/dev", "/proc"]);

/** Settings that take nothing from what a job can see, and that every process may have. */
const EVERYWHERE = [
  "NoNewPrivileges=yes",
  "LockPersonality=yes",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
];

/** Settings of these that stand in the way of mounts. */
const MOUNTING = ["RestrictNamespaces=yes"];

/** System calls of the runtime; others fail, as they would with another kernel. */
const CALLS = ["SystemCallFilter=@system-service @pkey", "SystemCallErrorNumber=EPERM"];

/** Settings that need a manager that runs as root. */
const SYSTEM_ONLY = [
  "ProtectSystem=strict",
  "ProtectHome=read-only",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHostname=yes",
  "ProtectKernelTunables=yes",
];

/**
 * The settings by which a service sees and may do what its job needs, and no more.
 *
 * @param quotePath Writes a path as a word of a setting.
 */
export function confinementOf(
  needs: ConfinementNeeds,
  quotePath: (path: string) => string,
): string[] {
  if (needs.takesPictures) return EVERYWHERE.filter((setting) => !MOUNTING.includes(setting));
  const settings = [...EVERYWHERE];
  // A command of the user's may need anything; it has no privileges in any case.
  if (!needs.runsCommand) settings.push(...CALLS, networkOf(needs));
  if (needs.isUserUnit) return settings;
  settings.push(...SYSTEM_ONLY);
  for (const { setting, paths } of HIDING) {
    if (!paths.some((path) => isNeeded(path, needs))) settings.push(setting);
  }
  const capabilities = needs.capabilities.join(" ");
  settings.push(`CapabilityBoundingSet=${capabilities}`);
  if (!needs.usesNetwork && !needs.runsCommand) settings.push("PrivateNetwork=yes");
  for (const path of needs.writable) settings.push(`ReadWritePaths=${quotePath(path)}`);
  return settings;
}

function networkOf({ usesNetwork }: ConfinementNeeds): string {
  return usesNetwork
    ? "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_VSOCK"
    : "RestrictAddressFamilies=AF_UNIX";
}

/** Whether a path, or something below it, belongs to what is backed up or written. */
function isNeeded(path: string, { sources, writable, entersMounts }: ConfinementNeeds): boolean {
  return [...sources, ...writable].some((source) => {
    if (isWithin(source, path)) return true;
    return isWithin(path, source) && (entersMounts || !OWN_FILE_SYSTEMS.has(path));
  });
}

function isWithin(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}
