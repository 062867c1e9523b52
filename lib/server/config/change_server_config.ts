import { readFileIfThere, writePrivateFile } from "../files/mod.ts";
import { ConfigText } from "./config_text.ts";
import { parseServerConfig } from "./parse_server_config.ts";
import type { ServerConfig } from "./server_config.ts";
import { CONFIG_FILE, withServerFolder } from "./server_folder.ts";

/** A change of a configuration file's text; gets what the file says before it. */
export type ConfigChange<T> = (text: ConfigText, config: ServerConfig) => T | Promise<T>;

/**
 * Changes a server's configuration file under the folder's lock. It is checked as a whole before it is
 * written.
 *
 * @param path The server's folder.
 * @throws {UsageError} if the file is wrong, or would be.
 */
export async function changeServerConfig<T>(path: string, change: ConfigChange<T>): Promise<T> {
  return await withServerFolder(path, async () => {
    const name = `${path}/${CONFIG_FILE}`;
    const before = await readFileIfThere(name) ?? "";
    const text = new ConfigText(before);
    const result = await change(text, parseServerConfig(before, name));
    const after = text.toString();
    parseServerConfig(after, name);
    if (after !== before) await writePrivateFile(name, after);
    return result;
  });
}
