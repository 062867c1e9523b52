import { UsageError } from "../errors/mod.ts";
import { readCacheFile, replaceCacheFile } from "./_cache_file.ts";

/** A cached ticket is good for this long: two hours less a minute (spec: protocol.md §2.5). */
export const TICKET_LIFETIME_SECONDS = 7140;

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A login that can be renewed without the password. */
export interface CachedTicket {
  /** Time of issue, seconds since the epoch. */
  readonly timestamp: number;
  readonly ticket: string;
  /** The CSRF prevention token. */
  readonly token: string;
}

/**
 * Tickets by server and user, in the file that the official client keeps (spec: protocol.md §2.5).
 * Tickets of two hours and more are dropped with every write.
 */
export class TicketCache {
  readonly #runtimeFolder: string | undefined;
  readonly #now: () => number;
  readonly #isReadOnly: boolean;

  /**
   * @param runtimeFolder `$XDG_RUNTIME_DIR`; undefined if that is not set.
   * @param options `now`: clock in seconds; `isReadOnly`: nothing is stored.
   */
  constructor(
    runtimeFolder: string | undefined,
    { now = () => Math.floor(Date.now() / 1000), isReadOnly = false }: {
      readonly now?: () => number;
      readonly isReadOnly?: boolean;
    } = {},
  ) {
    this.#runtimeFolder = runtimeFolder;
    this.#now = now;
    this.#isReadOnly = isReadOnly;
  }

  /**
   * @param server Host as in the repository, without port.
   * @returns undefined if there is none, it is too old, or the folder is not private.
   */
  load(server: string, userId: string): CachedTicket | undefined {
    if (this.#problem() !== undefined) return undefined;
    const cached = this.#read().get(server)?.get(userId);
    return cached !== undefined && this.#isFresh(cached) ? cached : undefined;
  }

  /** @throws {UsageError} if there is no folder that only the user can read. */
  store(server: string, userId: string, ticket: CachedTicket): void {
    if (this.#isReadOnly) return;
    this.#requireFolder();
    const servers = this.#read();
    if (!servers.has(server)) servers.set(server, new Map());
    servers.get(server)!.set(userId, ticket);
    this.#write(servers);
  }

  /**
   * Forgets a ticket.
   *
   * @returns Whether there was one.
   * @throws {UsageError} if there is no folder that only the user can read.
   */
  remove(server: string, userId: string): boolean {
    this.#requireFolder();
    const servers = this.#read();
    if (!servers.get(server)?.delete(userId)) return false;
    this.#write(servers);
    return true;
  }

  get #path(): string {
    return `${this.#runtimeFolder}/proxmox-backup/tickets`;
  }

  #isFresh(ticket: CachedTicket): boolean {
    const age = this.#now() - ticket.timestamp;
    return age < TICKET_LIFETIME_SECONDS;
  }

  #requireFolder(): void {
    const problem = this.#problem();
    if (problem !== undefined) throw new UsageError(problem);
  }

  /** Why no ticket may be kept here. */
  #problem(): string | undefined {
    const folder = this.#runtimeFolder;
    if (folder === undefined || folder === "") return "$XDG_RUNTIME_DIR must be set";
    let info: Deno.FileInfo;
    try {
      info = Deno.statSync(folder);
    } catch {
      return `$XDG_RUNTIME_DIR (\`${folder}\`) does not exist`;
    }
    const mode = info.mode ?? 0;
    if ((mode & 0o777) !== FOLDER_MODE) {
      return `$XDG_RUNTIME_DIR (\`${folder}\`) must be secure: must have permissions ` +
        `0o700, got 0o${mode.toString(8)}`;
    }
    return undefined;
  }

  /** Tickets of the file; anything else in it counts as absent. */
  #read(): Map<string, Map<string, CachedTicket>> {
    const servers = new Map<string, Map<string, CachedTicket>>();
    let json: unknown;
    try {
      json = JSON.parse(readCacheFile(this.#path) ?? "{}");
    } catch {
      return servers;
    }
    for (const [server, users] of entriesOf(json)) {
      const tickets = new Map<string, CachedTicket>();
      for (const [userId, fields] of entriesOf(users)) {
        const { timestamp, ticket, token } = Object.fromEntries(entriesOf(fields));
        if (
          typeof timestamp === "number" && typeof ticket === "string" && typeof token === "string"
        ) tickets.set(userId, { timestamp, ticket, token });
      }
      servers.set(server, tickets);
    }
    return servers;
  }

  #write(servers: Map<string, Map<string, CachedTicket>>): void {
    const json: Record<string, Record<string, CachedTicket>> = {};
    for (const server of [...servers.keys()].sort()) {
      const users = [...servers.get(server)!].filter(([, ticket]) => this.#isFresh(ticket));
      if (users.length === 0) continue;
      json[server] = Object.fromEntries(users.sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    const problem = replaceCacheFile(this.#path, JSON.stringify(json), FILE_MODE);
    if (problem !== undefined) throw new UsageError(problem);
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
