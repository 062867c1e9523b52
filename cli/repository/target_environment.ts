import type { Environment } from "../environment.ts";
import { secondEnvironment } from "./second_environment.ts";

/** Variables for the repository of `--to` and the key of copies, each in place of the one without `TO_`. */
const TO_VARIABLES = [
  "PBS_TO_ENCRYPTION_PASSWORD",
  "PBS_TO_FINGERPRINT",
  "PBS_TO_PASSWORD",
  "PBS_TO_S3_ACCESS_KEY",
  "PBS_TO_S3_SECRET_KEY",
];

/** The environment of the repository of `--to`. */
export function targetEnvironment(environment: Environment): Environment {
  return secondEnvironment(environment, "TO_", TO_VARIABLES);
}
