import { createHash } from "node:crypto";
import { VERSION } from "../../../cli/version.ts";
import type { Architecture } from "../../packing/architecture.ts";
import { architectureOf } from "../architecture_of.ts";
import { START } from "./image_config.ts";
import { imageLayer } from "./layer.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";
const REFERENCE = "org.opencontainers.image.ref.name";

/** What refers to a blob. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Writes an image as a folder in the layout of the Open Container Initiative. Its reference is the
 * version, for all kinds of processors, and the version with one of them (`0.1.0-amd64`).
 *
 * @param folder To be made; it must not be there, or be empty.
 * @param executables Packed executables, one for each kind of processor.
 * @param dateSecs Of the sources, in seconds since 1970.
 * @throws {Error} if a file is no executable.
 */
export async function writeImage(
  folder: string,
  executables: readonly string[],
  dateSecs: number,
): Promise<void> {
  const made: { architecture: Architecture; path: string }[] = executables.map((path) => ({
    architecture: architectureOf(path),
    path,
  }));
  await Deno.mkdir(`${folder}/blobs/sha256`, { recursive: true });
  const blob = async (mediaType: string, content: Uint8Array): Promise<Descriptor> => {
    const hex = createHash("sha256").update(content).digest("hex");
    await Deno.writeFile(`${folder}/blobs/sha256/${hex}`, content, { mode: 0o644 });
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const manifests: Descriptor[] = [];
  for (const { architecture, path } of made) {
    const layer = await blob(LAYER, await imageLayer(await Deno.readFile(path), dateSecs));
    const config = await blob(CONFIG, json(imageConfig(architecture, layer.digest, dateSecs)));
    const manifest = await blob(
      MANIFEST,
      json({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }),
    );
    manifests.push({ ...manifest, platform: { architecture: architecture.debian, os: "linux" } });
  }
  const all = await blob(INDEX, json({ schemaVersion: 2, mediaType: INDEX, manifests }));
  const references = [
    { ...all, annotations: { [REFERENCE]: VERSION } },
    ...manifests.map((manifest) => ({
      ...manifest,
      annotations: { [REFERENCE]: `${VERSION}-${manifest.platform!.architecture}` },
    })),
  ];
  await Deno.writeFile(
    `${folder}/index.json`,
    json({ schemaVersion: 2, mediaType: INDEX, manifests: references }),
  );
  // Last: what reads the folder looks for this file first.
  await Deno.writeFile(`${folder}/oci-layout`, json({ imageLayoutVersion: "1.0.0" }));
}

function imageConfig(architecture: Architecture, layer: string, dateSecs: number): unknown {
  const created = new Date(dateSecs * 1000).toISOString();
  return {
    created,
    architecture: architecture.debian,
    os: "linux",
    config: START,
    rootfs: { type: "layers", diff_ids: [layer] },
    history: [{ created, created_by: "scripts/image" }],
  };
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
