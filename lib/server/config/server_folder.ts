import { decodeHex, encodeHex } from "../../bytes/mod.ts";
import { CorruptDataError, SystemError } from "../../errors/mod.ts";
import {
  type CertificateAndKey,
  certificateFingerprint,
  createSelfSignedCertificate,
} from "../../tls/mod.ts";
import {
  AccessControl,
  AccessRules,
  SecondFactorStore,
  SecretStore,
  TicketSigner,
} from "../access/mod.ts";
import { readFileIfThere, withFolderLock, writePrivateFile } from "../files/mod.ts";
import { parseServerConfig } from "./parse_server_config.ts";
import type { ServerConfig } from "./server_config.ts";

/** The files that may change while a server runs. */
export const CONFIG_FILE = "server.cfg";
export const SECRETS_FILE = "secrets.json";
export const SECOND_FACTORS_FILE = "tfa.json";
/** File of the S3 endpoints, which datastores refer to. */
export const ENDPOINTS_FILE = "s3.cfg";
/** Its owner's group may read it, as that of a real server. */
export const ENDPOINTS_MODE = 0o640;
const TICKET_KEY_FILE = "ticket.key";
const CERTIFICATE_FILE = "server.pem";
const CERTIFICATE_KEY_FILE = "server.key";
const INSTANCE_FILE = "instance-id";
const FOLDER_MODE = 0o700;
const PUBLIC_MODE = 0o644;
const KEY_BYTES = 32;

/** The user of a configuration that nobody has written. */
export const FIRST_USER = "admin@pbs";
const FIRST_CONFIG = `# Configuration of "pbs-client serve", see docs/server.md.

server: this
	listen 127.0.0.1:8007

#datastore: store1
#	path /srv/backup

user: ${FIRST_USER}

acl: /
	${FIRST_USER} Admin
`;

/** Everything a server keeps in its folder. */
export interface ServerFolder {
  readonly path: string;
  readonly config: ServerConfig;
  readonly access: AccessControl;
  readonly certificate: CertificateAndKey;
  /** 32 hex digits. */
  readonly instanceId: string;
  /**
   * Gives users and tokens without a secret a random one. To be called when nothing can fail any
   * more: nobody can read them again.
   *
   * @param announce Gets them by auth id, possibly none, before they are stored: what was told and
   *   not stored is told anew by the next start, what was stored and not told would be lost.
   * @throws {SystemError} if they cannot be stored.
   */
  readonly makeSecrets: (
    announce: (secrets: ReadonlyMap<string, string>) => void,
  ) => Promise<void>;
  /**
   * Looks whether configuration, S3 endpoints, secrets or second factors have changed since the last
   * time. If so, `access` follows immediately.
   *
   * @returns The configuration if that or endpoints have changed, and not only secrets or factors.
   * @throws {UsageError} if the configuration is wrong; what was there before stays in force, and it
   *   is looked at again only when it has changed again.
   */
  readonly refresh: () => Promise<ServerConfig | undefined>;
}

/**
 * The configuration that a server's folder has, or would be made with; nothing is made.
 *
 * @throws {UsageError} if it is wrong.
 */
export async function readServerConfig(path: string): Promise<ServerConfig> {
  const configPath = `${path}/${CONFIG_FILE}`;
  return parseServerConfig(await readFileIfThere(configPath) ?? FIRST_CONFIG, configPath);
}

/**
 * Opens a server's folder: configuration, secrets, certificate and keys. What is missing is made,
 * except for secrets.
 *
 * @param names Host names and addresses for a certificate that has to be made.
 * @throws {UsageError} if the configuration is wrong.
 * @throws {SystemError} if the folder cannot be written.
 */
export async function openServerFolder(
  path: string,
  names: readonly string[],
): Promise<ServerFolder> {
  const configPath = `${path}/${CONFIG_FILE}`;
  const { config, secrets, state } = await withServerFolder(path, async () => {
    const state = filesState(path);
    const config = parseServerConfig(await readFileIfThere(configPath) ?? "", configPath);
    const secrets = await SecretStore.open(`${path}/${SECRETS_FILE}`);
    return { config, secrets, state };
  });
  const key = await readHex(`${path}/${TICKET_KEY_FILE}`, KEY_BYTES);
  const factors = await SecondFactorStore.open(path, SECOND_FACTORS_FILE);
  const access = new AccessControl(
    config.accounts,
    secrets,
    new TicketSigner(key, Date.now, config.ticketLifetimeSeconds),
    new AccessRules(config.rules),
    factors,
  );
  return {
    path,
    config,
    access,
    certificate: await openCertificate(path, names),
    instanceId: encodeHex(await readHex(`${path}/${INSTANCE_FILE}`, 16)),
    makeSecrets: async (announce) => {
      const complete = await makeSecrets(path, config, announce);
      access.configure(config.accounts, complete, new AccessRules(config.rules));
    },
    refresh: followChanges(path, state, access),
  };
}

/** See {@linkcode ServerFolder.makeSecrets}. */
async function makeSecrets(
  path: string,
  { accounts }: ServerConfig,
  announce: (secrets: ReadonlyMap<string, string>) => void,
): Promise<SecretStore> {
  return await withServerFolder(path, async () => {
    const secrets = await SecretStore.open(`${path}/${SECRETS_FILE}`);
    const made = new Map<string, string>();
    for (const { authId } of accounts) {
      if (secrets.hashOf(authId) === undefined) made.set(authId, crypto.randomUUID());
    }
    announce(made);
    for (const [authId, secret] of made) await secrets.set(authId, secret);
    return secrets;
  });
}

/**
 * Runs something while nobody else changes a server's folder, which is made with a first
 * configuration if there is none.
 *
 * @throws {SystemError} if the folder cannot be made.
 */
export async function withServerFolder<T>(path: string, change: () => Promise<T>): Promise<T> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: FOLDER_MODE });
  } catch (cause) {
    throw new SystemError(13, `cannot create "${path}": ${(cause as Error).message}`, { cause });
  }
  return await withFolderLock(path, async () => {
    await readOrMake(`${path}/${CONFIG_FILE}`, () => FIRST_CONFIG);
    // These are looked at again and again: a file that is not there costs an exception each time.
    for (const name of [SECRETS_FILE, SECOND_FACTORS_FILE]) {
      await readOrMake(`${path}/${name}`, () => "{}\n");
    }
    await readOrMake(`${path}/${ENDPOINTS_FILE}`, () => "", ENDPOINTS_MODE);
    return await change();
  });
}

/** See {@linkcode ServerFolder.refresh}. */
function followChanges(
  path: string,
  first: readonly string[],
  access: AccessControl,
): () => Promise<ServerConfig | undefined> {
  const configPath = `${path}/${CONFIG_FILE}`;
  let seen = first;
  let running: Promise<ServerConfig | undefined> | undefined;
  async function reload(state: readonly string[]): Promise<ServerConfig | undefined> {
    const isChanged = state[0] !== seen[0] || state[1] !== seen[1];
    seen = state;
    const config = parseServerConfig(await readFileIfThere(configPath) ?? "", configPath);
    const secrets = await SecretStore.open(`${path}/${SECRETS_FILE}`);
    await access.factors.reload();
    access.configure(config.accounts, secrets, new AccessRules(config.rules));
    access.signer.lifetimeSeconds = config.ticketLifetimeSeconds;
    return isChanged ? config : undefined;
  }
  return async () => {
    // Requests that come while it is read wait for it: none sees what is older than itself.
    while (running !== undefined) await running.catch(() => {});
    const state = filesState(path);
    if (state.every((file, at) => file === seen[at])) return undefined;
    running = reload(state).finally(() => running = undefined);
    return await running;
  };
}

/** A text for each file that changes whenever the file does; configuration and endpoints first. */
function filesState(path: string): string[] {
  return [CONFIG_FILE, ENDPOINTS_FILE, SECRETS_FILE, SECOND_FACTORS_FILE].map((name) => {
    try {
      const { ino, mtime, size } = Deno.statSync(`${path}/${name}`);
      return `${ino} ${mtime?.getTime()} ${size}`;
    } catch {
      return "none";
    }
  });
}

async function readOrMake(path: string, make: () => string, mode?: number): Promise<string> {
  const existing = await readFileIfThere(path);
  if (existing !== undefined) return existing;
  const text = make();
  await writePrivateFile(path, text, mode);
  return text;
}

/** Random bytes, made once. */
async function readHex(path: string, length: number): Promise<Uint8Array> {
  const text = await readOrMake(
    path,
    () => `${encodeHex(crypto.getRandomValues(new Uint8Array(length)))}\n`,
  );
  const hex = text.trim();
  if (!/^[0-9a-f]+$/.test(hex) || hex.length !== 2 * length) {
    throw new CorruptDataError(`"${path}" is damaged: ${2 * length} hex digits are expected`);
  }
  return decodeHex(hex);
}

async function openCertificate(
  path: string,
  names: readonly string[],
): Promise<CertificateAndKey> {
  const certificatePath = `${path}/${CERTIFICATE_FILE}`;
  const keyPath = `${path}/${CERTIFICATE_KEY_FILE}`;
  const certificate = await readFileIfThere(certificatePath);
  const privateKey = await readFileIfThere(keyPath);
  if (certificate !== undefined && privateKey !== undefined) {
    const fingerprint = await certificateFingerprint(certificate);
    return { certificate, privateKey, fingerprint };
  }
  const made = await createSelfSignedCertificate({ names });
  await writePrivateFile(keyPath, made.privateKey);
  await writePrivateFile(certificatePath, made.certificate, PUBLIC_MODE);
  return made;
}
