import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Await, Empty } from "../parts/await.tsx";
import { Button } from "../parts/button.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { look } from "../requests/send_request.ts";
import type { Snapshot } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { formatCount, formatSize } from "../text/sizes.ts";
import { EntryIcon } from "../tree/entry_icon.tsx";

/** Matches that are asked for at first, and at most. */
const [FIRST, MOST] = [200, 1000];

/** Entries of a snapshot whose name has a text in it, or fits a pattern. */
export function SearchResults(
  { snapshot, text }: { readonly snapshot: Snapshot; readonly text: string },
): JSX.Element {
  const [limit, setLimit] = useState(FIRST);
  const query = { ...snapshot, text, limit };
  const loaded = useLoad(
    `search ${JSON.stringify(query)}`,
    (signal) => look("search", query, signal),
  );
  return (
    <div class="results">
      <div class="part-head">
        <p role="status">
          {loaded.value
            ? (
              <>
                {formatCount(loaded.value.matches.length, "entry", "entries")}
                {loaded.value.isCut && " and more"} with{" "}
                <strong>
                  <Name text={text} />
                </strong>
              </>
            )
            : (
              <>
                Searching for{" "}
                <strong>
                  <Name text={text} />
                </strong>…
              </>
            )}
        </p>
        <Link to={{ view: "files", snapshot }}>Back to the tree</Link>
      </div>
      <Await of={loaded} what="the matches" lines={6}>
        {({ matches, isCut }) =>
          matches.length === 0
            ? (
              <Empty title="Nothing has such a name">
                <p>
                  A part of a name is enough, whatever its case; with <code>*</code> or{" "}
                  <code>?</code> it is a pattern for the whole name.
                </p>
              </Empty>
            )
            : (
              <>
                <table class="table matches">
                  <thead>
                    <tr>
                      <th scope="col">Name</th>
                      <th scope="col">Folder</th>
                      <th scope="col" class="number">Size</th>
                      <th scope="col" class="wide-only">Changed</th>
                    </tr>
                  </thead>
                  <tbody>
                    {matches.map((match) => (
                      <tr key={`${match.archive} ${match.path}`}>
                        <td>
                          <Link
                            class="entry-link"
                            to={{
                              view: "files",
                              snapshot,
                              archive: match.archive,
                              path: match.path,
                            }}
                          >
                            <EntryIcon kind={match.kind} />
                            <Name text={match.name} />
                          </Link>
                        </td>
                        <td class="faint folder">
                          {match.archive}: <Name text={match.folder} />
                        </td>
                        <td class="number">
                          {match.sizeBytes !== undefined && formatSize(match.sizeBytes)}
                        </td>
                        <td class="wide-only">
                          {match.modified !== undefined && <Moment seconds={match.modified} />}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
                {isCut && limit < MOST && <Button onPress={() => setLimit(MOST)}>Show more</Button>}
              </>
            )}
      </Await>
    </div>
  );
}
