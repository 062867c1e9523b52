import { type Answer, optional, type ParameterSchema, type ParameterValues } from "../api/mod.ts";
import { BUCKET, ENDPOINT_ID } from "../endpoints/mod.ts";
import type { RestContext, RestRoute, StaticPermission } from "../state/mod.ts";
import { checkEndpoint, resetCounters } from "../stores/mod.ts";

/** Name of a datastore in a bucket: what its keys begin with. */
const STORE_PREFIX: ParameterSchema = {
  kind: "string",
  maxLength: 256,
  pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
};
const PARAMETERS = {
  "id": ENDPOINT_ID,
  "bucket": BUCKET,
  "store-prefix": optional(STORE_PREFIX),
};
const ON_EVERYTHING: StaticPermission = { path: () => "/", privileges: ["Sys.Modify"] };

/** Calls that use S3 endpoints (spec: s3-datastore.md §2.1). */
export const S3_ADMIN_ROUTES: readonly RestRoute[] = [
  {
    method: "PUT",
    path: "admin/s3/{id}/check",
    parameters: PARAMETERS,
    permission: ON_EVERYTHING,
    handle: check,
  },
  {
    method: "PUT",
    path: "admin/s3/{id}/reset-counters",
    parameters: PARAMETERS,
    permission: ON_EVERYTHING,
    handle: reset,
  },
];

async function check({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const endpoint = await state.endpoints.find(values.text("id"));
  await checkEndpoint(endpoint, values.text("bucket"), values.text("store-prefix"));
  return { data: null };
}

async function reset({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  // What was not added yet belongs to the time before.
  await state.countRequests();
  await resetCounters(
    state,
    { client: values.text("id"), bucket: values.text("bucket") },
    values.optionalText("store-prefix"),
  );
  return { data: null };
}
