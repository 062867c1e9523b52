import { dirname } from "@std/path";
import { fileURLToPath } from "node:url";
import { runTool } from "../../packing/run_tool.ts";
import { type Component, type LicenceText, licenceTexts } from "./component.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What is read of `cargo metadata`. */
interface Metadata {
  readonly packages: readonly CargoPackage[];
  readonly workspace_members: readonly string[];
  readonly resolve: { readonly nodes: readonly ResolvedNode[] };
}

/** A crate. */
interface CargoPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly license: string | null;
  readonly description: string | null;
  readonly repository: string | null;
  readonly manifest_path: string;
}

/** A crate with those it is built with. */
interface ResolvedNode {
  readonly id: string;
  readonly deps: readonly {
    readonly pkg: string;
    readonly dep_kinds: readonly { readonly kind: string | null }[];
  }[];
}

/**
 * The crates that are linked into the native core and the launcher, and Rust's standard library. What
 * only builds or tests them is left out.
 *
 * @param manifest The `Cargo.toml` of a workspace, relative to the top of the sources.
 * @throws {Error} if a crate tells no licence.
 */
export async function cargoComponents(manifest: string): Promise<Component[]> {
  const host = (await runTool("rustc", ["-vV"])).match(/^host: (.*)$/m)![1]!;
  const options = ["--locked", "--format-version", "1", "--filter-platform", host];
  const metadata: Metadata = JSON.parse(
    await runTool("cargo", ["metadata", "--manifest-path", `${ROOT}${manifest}`, ...options]),
  );
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const reached = new Set<string>();
  const reach = (id: string) => {
    if (reached.has(id)) return;
    reached.add(id);
    for (const { pkg, dep_kinds } of nodes.get(id)!.deps) {
      if (dep_kinds.some(({ kind }) => kind === null)) reach(pkg);
    }
  };
  metadata.workspace_members.forEach(reach);
  const digests = lockedDigests(Deno.readTextFileSync(`${ROOT}${dirname(manifest)}/Cargo.lock`));
  return metadata.packages
    .filter(({ id }) => reached.has(id) && !metadata.workspace_members.includes(id))
    .map((crate) => componentOf(crate, digests.get(`${crate.name} ${crate.version}`)))
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
}

function componentOf(crate: CargoPackage, digest: string | undefined): Component {
  const { name, version, license, description, repository, manifest_path } = crate;
  if (license === null) throw new Error(`the crate "${name}" tells no licence`);
  const folder = dirname(manifest_path);
  const texts = [...licenceTexts(folder)];
  // The C library that the crate is made of has a licence of its own.
  if (name === "zstd-sys") texts.push(...licenceTexts(`${folder}/zstd`));
  return {
    name,
    version,
    licence: license,
    address: `pkg:cargo/${name}@${version.replace("+", "%2B")}`,
    ...(description === null ? {} : { description: description.trim() }),
    ...(repository === null ? {} : { source: repository }),
    ...(digest === undefined ? {} : { digest: { algorithm: "SHA-256" as const, hex: digest } }),
    texts,
  };
}

/** SHA-256 of each crate, as hex, by name and version. */
function lockedDigests(lock: string): Map<string, string> {
  const packages = lock.matchAll(
    /^name = "([^"]*)"\nversion = "([^"]*)"\nsource = .*\nchecksum = "([0-9a-f]{64})"$/gm,
  );
  return new Map([...packages].map(([, name, version, sum]) => [`${name} ${version}`, sum!]));
}

/** Rust's standard library, which is linked into everything that Rust builds. */
export async function rustComponent(): Promise<Component> {
  const version = (await runTool("rustc", ["-vV"])).match(/^release: (.*)$/m)![1]!;
  return {
    name: "rust-std",
    version,
    description: "Rust's standard library",
    licence: "MIT OR Apache-2.0",
    address: `pkg:generic/rust-std@${version}`,
    source: "https://github.com/rust-lang/rust",
    texts: [await rustNotices()],
  };
}

/** The notices of the standard library and what it is made of, as the toolchain brings them. */
async function rustNotices(): Promise<LicenceText> {
  const root = (await runTool("rustc", ["--print", "sysroot"])).trim();
  const places = ["rust/COPYRIGHT-library.html", "rust/COPYRIGHT", "rustc/copyright"];
  for (const place of places) {
    try {
      const text = await Deno.readTextFile(`${root}/share/doc/${place}`);
      return { name: place.slice(place.indexOf("/") + 1), text };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`the Rust toolchain in "${root}" has no notices of its standard library`);
}
