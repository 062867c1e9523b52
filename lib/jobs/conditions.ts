import { parseMountTable } from "../pictures/mod.ts";

/** How long a host may take to answer. */
const CONNECT_MS = 10_000;

/** Conditions of a job. */
export interface ConditionNames {
  readonly acPower: boolean;
  /** Absolute paths. */
  readonly mounted: readonly string[];
  /** `host:port`. */
  readonly reachable: readonly string[];
}

/** Places that are looked at; others in tests. */
export interface ConditionPlaces {
  readonly powerSupplies?: string;
  readonly connectMs?: number;
}

/** The first condition that is not met, in words; undefined if all are. */
export async function unmetCondition(
  { acPower, mounted, reachable }: ConditionNames,
  { powerSupplies = "/sys/class/power_supply", connectMs = CONNECT_MS }: ConditionPlaces = {},
): Promise<string | undefined> {
  if (acPower && isOnBattery(powerSupplies)) return "the machine is on battery";
  if (mounted.length > 0) {
    const table = parseMountTable(Deno.readTextFileSync("/proc/self/mountinfo"));
    const points = new Set(table.map(({ mountPoint }) => mountPoint));
    for (const path of mounted) {
      if (!points.has(realPath(path))) return `nothing is mounted on "${path}"`;
    }
  }
  for (const address of reachable) {
    if (!await isReachable(address, connectMs)) return `${address} cannot be reached`;
  }
  return undefined;
}

/** Whether there is a supply from outside and none of them is there; machines without one have power. */
function isOnBattery(folder: string): boolean {
  let names: string[];
  try {
    names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return false;
  }
  const read = (name: string, file: string) => {
    try {
      return Deno.readTextFileSync(`${folder}/${name}/${file}`).trim();
    } catch {
      return "";
    }
  };
  // Those of devices, such as a mouse, say nothing about the machine.
  const own = names.filter((name) => read(name, "scope") !== "Device");
  const mains = own.filter((name) => ["Mains", "USB", "Wireless"].includes(read(name, "type")));
  if (mains.some((name) => read(name, "online") === "1")) return false;
  const discharges = own.some((name) =>
    read(name, "type") === "Battery" && read(name, "status") === "Discharging"
  );
  return discharges || mains.some((name) => read(name, "type") === "Mains");
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

async function isReachable(address: string, limitMs: number): Promise<boolean> {
  const colon = address.lastIndexOf(":");
  const hostname = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(address.slice(colon + 1));
  const connecting = Deno.connect({ hostname, port, signal: AbortSignal.timeout(limitMs) });
  try {
    (await connecting).close();
    return true;
  } catch {
    return false;
  }
}
