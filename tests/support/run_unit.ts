import { fromFileUrl } from "@std/path";
import type { ClientRun } from "./run_client.ts";
import { expandSpecifiers, expandVariables, readUnit, splitUnitWords } from "./unit_reader.ts";

const starter = fromFileUrl(new URL("run_unit.py", import.meta.url));

/** How a service is started here, in the place of systemd. */
export interface RunUnitOptions {
  /** For the folders that systemd would make. */
  readonly work: string;
  /** Runs under these words, outermost first, e.g. `strace`. */
  readonly under?: readonly string[];
}

/**
 * Starts a service as its file says: with its words, variables, credentials, privileges, and a file
 * system in which only its folders can be written in. Standard output is what it told its manager.
 */
export async function runUnit(
  text: string,
  { work, under = [] }: RunUnitOptions,
): Promise<ClientRun> {
  const specifiers = { "%": "%", C: `${work}/cache`, t: `${work}/run` };
  const { settings, words } = readUnit(text, specifiers);
  const all = (name: string) => settings.get(name) ?? [];
  const folders = [
    ["CacheDirectory", "cache"],
    ["RuntimeDirectory", "run"],
    ["StateDirectory", "state"],
  ] as const;
  for (const [setting, folder] of folders) {
    for (const name of all(setting)) {
      await Deno.mkdir(`${work}/${folder}/${name}`, { recursive: true, mode: 0o700 });
    }
  }
  const credentials = `${work}/credentials`;
  await Deno.mkdir(credentials, { recursive: true });
  for (const line of all("LoadCredential")) {
    const [name, path] = splitOnce(expandSpecifiers(line), ":");
    await Deno.writeFile(`${credentials}/${name}`, await Deno.readFile(path), { mode: 0o400 });
  }
  // As if the machine had decrypted them.
  for (const name of all("LoadCredentialEncrypted")) {
    const bytes = await Deno.readFile(`${work}/credstore.encrypted/${name}`);
    await Deno.writeFile(`${credentials}/${name}`, bytes, { mode: 0o400 });
  }
  const environment: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
    HOME: Deno.env.get("HOME") ?? "/root",
    CREDENTIALS_DIRECTORY: credentials,
  };
  const [state] = all("StateDirectory");
  if (state !== undefined) environment.STATE_DIRECTORY = `${work}/state/${state}`;
  for (const line of all("Environment")) {
    for (const word of splitUnitWords(line)) {
      const [name, value] = splitOnce(expandSpecifiers(word, specifiers), "=");
      environment[name] = value;
    }
  }
  const capabilities = all("CapabilityBoundingSet").join(" ").split(" ").filter((name) =>
    name !== ""
  )
    .map((name) => `,+${name.slice("CAP_".length).toLowerCase()}`).join("");
  const privileges = ["setpriv", `--bounding-set=-all${capabilities}`, "--inh-caps=-all"];
  const writable = all("ReadWritePaths").flatMap(splitUnitWords).filter((path) => path[0] === "/");
  // Within a mount namespace of its own.
  const confine =
    'mount --make-rprivate / && for f in $0; do mount --bind "$f" "$f" || exit; done; ' +
    'mount -o remount,bind,ro / && exec "$@"';
  const output = await new Deno.Command("python3", {
    args: [
      ...[starter, `${work}/notify`, ...under],
      ...["unshare", "--mount", "sh", "-c", confine, writable.join(" ")],
      ...[...privileges, "--no-new-privs", ...expandVariables(words, environment)],
    ],
    clearEnv: true,
    env: environment,
    cwd: "/",
  }).output();
  const decoder = new TextDecoder();
  await Deno.remove(`${work}/notify`);
  return {
    code: output.code,
    signal: output.signal,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}
