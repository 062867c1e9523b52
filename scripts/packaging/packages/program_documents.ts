import { fileURLToPath } from "node:url";
import { runTool } from "../../packing/run_tool.ts";
import { compress } from "./compress.ts";
import type { PackageFile } from "./package_file.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What a program writes about itself. */
export interface ProgramDocuments {
  readonly program: string;
  /** Compressed, with their places. */
  readonly manualPages: readonly PackageFile[];
  /** Scripts for the completion of command lines. */
  readonly completion: Readonly<Record<"bash" | "zsh" | "fish", string>>;
}

/** Where a distribution has what others leave to it. */
export interface DistributionPlaces {
  /** Folder of the completions of zsh. */
  readonly zsh: string;
}

/**
 * Has a program write its manual pages and completions.
 *
 * @param program `pbs-client` or `pxar`.
 * @param dateSecs Date of the pages, in seconds since 1970.
 */
export async function programDocuments(
  program: "pbs-client" | "pxar",
  dateSecs: number,
): Promise<ProgramDocuments> {
  const completion = (shell: string) => runTool(`${ROOT}scripts/${program}`, ["completion", shell]);
  return {
    program,
    manualPages: await manualPages(program, dateSecs),
    completion: {
      bash: await completion("bash"),
      zsh: await completion("zsh"),
      fish: await completion("fish"),
    },
  };
}

/** The documents as files of a package. */
export function documentFiles(
  { program, manualPages, completion }: ProgramDocuments,
  { zsh }: DistributionPlaces,
): PackageFile[] {
  return [
    ...manualPages,
    {
      path: `usr/share/bash-completion/completions/${program}`,
      content: completion.bash,
    },
    { path: `${zsh}/_${program}`, content: completion.zsh },
    {
      path: `usr/share/fish/vendor_completions.d/${program}.fish`,
      content: completion.fish,
    },
  ];
}

async function manualPages(program: string, dateSecs: number): Promise<PackageFile[]> {
  const folder = await Deno.makeTempDir({ prefix: "pbs-client-man-" });
  try {
    const env = { SOURCE_DATE_EPOCH: `${dateSecs}` };
    await runTool(`${ROOT}scripts/${program}`, ["man", folder], { env });
    return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted().map((name) => ({
      path: `usr/share/man/man1/${name}.gz`,
      content: compress(Deno.readFileSync(`${folder}/${name}`)),
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
