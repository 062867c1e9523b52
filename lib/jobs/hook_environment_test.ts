import { assertEquals } from "@std/assert";
import { hookEnvironment } from "./hook_environment.ts";

Deno.test("hooks get what the process has, but no secrets and nothing that leads to one", () => {
  const variables = {
    PATH: "/bin",
    HOME: "/root",
    PBS_PASSWORD: "hunter2",
    PBS_ENCRYPTION_PASSWORD_FILE: "/root/pass",
    PBS_REPOSITORY: "x",
    CREDENTIALS_DIRECTORY: "/run/credentials/x",
    NOTIFY_SOCKET: "/run/systemd/notify",
    HTTPS_PROXY: "http://me:hunter2@proxy:3128",
    all_proxy: "http://proxy:3128",
    DENO_DIR: "/x",
  };
  assertEquals(hookEnvironment(variables, { "": "night", OUTCOME: "ok", SNAPSHOT: undefined }), {
    PATH: "/bin",
    HOME: "/root",
    all_proxy: "http://proxy:3128",
    PBS_JOB: "night",
    PBS_JOB_OUTCOME: "ok",
  });
});
