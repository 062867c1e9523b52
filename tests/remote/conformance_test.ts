import { withRemoteRepository } from "../support/remote_repository.ts";
import { testTargetConformance } from "../support/target_conformance.ts";

testTargetConformance("server", withRemoteRepository);
