import { withBucketRepository } from "../support/bucket_world.ts";
import { testTargetConformance } from "../support/target_conformance.ts";

testTargetConformance("datastore in a bucket", withBucketRepository);
testTargetConformance(
  "datastore in a bucket that caches no content",
  (body) => withBucketRepository(body, { maxCacheBytes: 0 }),
);
