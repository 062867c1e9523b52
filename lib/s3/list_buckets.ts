import { parseBucketList } from "./_parse_answers.ts";
import { Requests } from "./_requests.ts";
import type { EndpointOptions } from "./bucket_options.ts";

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * The names of the buckets that the keys may see.
 *
 * @throws {AuthError | ServerError | ConnectionError} if they cannot be had.
 */
export async function listBuckets(options: EndpointOptions): Promise<string[]> {
  await using requests = new Requests(options, undefined);
  return await requests.send({
    method: "GET",
    path: "",
    failed: "cannot list the buckets",
    read: async ({ body }) => parseBucketList(await body.text(MAX_ANSWER_BYTES)),
  });
}
