import type { JSX } from "preact";
import { JobList } from "./job_list.tsx";

/** All jobs of a server. */
export function JobsView(): JSX.Element {
  return (
    <section class="card" aria-labelledby="jobs-title">
      <header class="part-head">
        <h2 id="jobs-title">Jobs</h2>
      </header>
      <JobList />
    </section>
  );
}
