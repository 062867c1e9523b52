import { decodeHex, encodeHex } from "../../bytes/mod.ts";
import { CorruptDataError, SystemError } from "../../errors/mod.ts";
import {
  type CertificateAndKey,
  certificateFingerprint,
  createSelfSignedCertificate,
} from "../../http/mod.ts";
import { AccessControl } from "../access/access_control.ts";
import { AccessRules } from "../access/access_rules.ts";
import { SecretStore } from "../access/secret_store.ts";
import { TicketSigner } from "../access/ticket_signer.ts";
import { parseServerConfig } from "./parse_server_config.ts";
import { readFileIfThere, writePrivateFile } from "./private_file.ts";
import type { ServerConfig } from "./server_config.ts";

const CONFIG_FILE = "server.cfg";
const SECRETS_FILE = "secrets.json";
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
  /** Secrets that were made now, by auth id: nobody can read them again. */
  readonly newSecrets: ReadonlyMap<string, string>;
}

/**
 * Opens a server's folder: configuration, secrets, certificate and keys. What is missing is made;
 * users and tokens without a secret get a random one.
 *
 * @param names Host names and addresses for a certificate that has to be made.
 * @throws {UsageError} if the configuration is wrong.
 * @throws {SystemError} if the folder cannot be written.
 */
export async function openServerFolder(
  path: string,
  names: readonly string[],
): Promise<ServerFolder> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: FOLDER_MODE });
  } catch (cause) {
    throw new SystemError(13, `cannot create "${path}": ${(cause as Error).message}`, { cause });
  }
  const configPath = `${path}/${CONFIG_FILE}`;
  const text = await readOrMake(configPath, () => FIRST_CONFIG);
  const config = parseServerConfig(text, configPath);
  const secrets = await SecretStore.open(`${path}/${SECRETS_FILE}`);
  const newSecrets = new Map<string, string>();
  for (const { authId } of config.accounts) {
    if (secrets.hashOf(authId) !== undefined) continue;
    const secret = crypto.randomUUID();
    await secrets.set(authId, secret);
    newSecrets.set(authId, secret);
  }
  const key = await readHex(`${path}/${TICKET_KEY_FILE}`, KEY_BYTES);
  const access = new AccessControl(
    config.accounts,
    secrets,
    new TicketSigner(key),
    new AccessRules(config.rules),
  );
  return {
    path,
    config,
    access,
    certificate: await openCertificate(path, names),
    instanceId: encodeHex(await readHex(`${path}/${INSTANCE_FILE}`, 16)),
    newSecrets,
  };
}

async function readOrMake(path: string, make: () => string): Promise<string> {
  const existing = await readFileIfThere(path);
  if (existing !== undefined) return existing;
  const text = make();
  await writePrivateFile(path, text);
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
