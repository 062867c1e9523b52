import { cargoComponents, rustComponent } from "./cargo_components.ts";
import type { Component } from "./component.ts";
import type { Architecture } from "../../packing/architecture.ts";
import { debianComponents, launcherComponent } from "./debian_components.ts";
import { denoLicence } from "./deno_licence.ts";
import { npmComponents } from "./npm_components.ts";

/**
 * Everything by others that is in the executables, from what its package managers tell.
 *
 * @param architectures Those of the executables, which `scripts/pack` made here.
 */
export async function components(architectures: readonly Architecture[]): Promise<Component[]> {
  return [
    await denoComponent(),
    ...await npmComponents(),
    ...await cargoComponents("native/Cargo.toml"),
    await rustComponent(),
    await launcherComponent(),
    ...(await Promise.all(architectures.map(debianComponents))).flat(),
  ];
}

/** The runtime, with all that it is built from: that is one program, whose parts are its makers' to list. */
async function denoComponent(): Promise<Component> {
  const { deno, v8 } = Deno.version;
  return {
    name: "deno",
    version: deno,
    description:
      `JavaScript runtime; holds V8 ${v8} (BSD-3-Clause) and the crates of its own lock file`,
    licence: "MIT",
    address: `pkg:npm/deno@${deno}`,
    source: "https://github.com/denoland/deno.git",
    texts: [await denoLicence()],
  };
}
