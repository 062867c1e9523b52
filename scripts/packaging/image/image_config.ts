import { VERSION } from "../../../cli/version.ts";
import { IMAGE_USER } from "./layer.ts";

/** How containers of the image start; `Containerfile` says the same to builders of images. */
export const START = {
  User: `${IMAGE_USER}:${IMAGE_USER}`,
  Env: ["PATH=/usr/bin", "HOME=/home/nonroot", "XDG_CACHE_HOME=/cache"],
  Entrypoint: ["/usr/bin/pbs-client"],
  WorkingDir: "/",
  Volumes: { "/cache": {} },
  Labels: {
    "org.opencontainers.image.title": "pbs-client",
    "org.opencontainers.image.description": "Backup client for Proxmox Backup Server",
    "org.opencontainers.image.licenses": "Apache-2.0",
    "org.opencontainers.image.version": VERSION,
  },
} as const;
