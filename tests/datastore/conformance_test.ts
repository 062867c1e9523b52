import { withLocalRepository } from "../support/local_repository.ts";
import { testTargetConformance } from "../support/target_conformance.ts";

testTargetConformance("datastore directory", withLocalRepository);
