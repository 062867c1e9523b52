import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { formatCount } from "../text/sizes.ts";
import { type LinePair, pairLines, type Passage, passagesOf } from "./pair_lines.ts";

/** Lines that are drawn at first; a browser takes long for tens of thousands. */
const FIRST_LINES = 2000;

/** Two texts side by side, with what differs marked. */
export function TextDiff(
  { left, right, names }: {
    readonly left: string;
    readonly right: string;
    /** What the sides are called. */
    readonly names: readonly [string, string];
  },
): JSX.Element {
  const passages = useMemo(() => passagesOf(pairLines(left, right)), [left, right]);
  const [limit, setLimit] = useState(FIRST_LINES);
  const shown = passages.flatMap((passage) => "shown" in passage ? passage.shown : []);
  if (shown.length === 0) return <p class="same">The two versions have the same text.</p>;
  const count = (side: "left" | "right") =>
    shown.filter((pair) => !pair.isEqual && pair[side] !== undefined).length;
  let drawn = 0;
  return (
    <div class="diff-frame">
      <p class="diff-sum">
        <span class="removed-count">−{formatCount(count("left"), "line")}</span>{" "}
        <span class="added-count">+{formatCount(count("right"), "line")}</span>
      </p>
      <table class="diff">
        <colgroup>
          <col class="number-column" />
          <col />
          <col class="number-column" />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col" colSpan={2}>{names[0]}</th>
            <th scope="col" colSpan={2}>{names[1]}</th>
          </tr>
        </thead>
        {passages.map((passage, index) => {
          if (drawn >= limit) return null;
          if ("shown" in passage) drawn += passage.shown.length;
          return <PassageRows key={index} passage={passage} />;
        })}
      </table>
      {drawn < shown.length && drawn >= limit && (
        <Button onPress={() => setLimit(limit * 4)}>Show more lines</Button>
      )}
    </div>
  );
}

function PassageRows({ passage }: { readonly passage: Passage }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  if ("hidden" in passage && !isOpen) {
    return (
      <tbody>
        <tr class="diff-gap">
          <td colSpan={4}>
            <button type="button" class="gap-button" onClick={() => setOpen(true)}>
              {formatCount(passage.hidden.length, "equal line")}
            </button>
          </td>
        </tr>
      </tbody>
    );
  }
  const pairs = "hidden" in passage ? passage.hidden : passage.shown;
  return <tbody>{pairs.map((pair, index) => <PairRow key={index} pair={pair} />)}</tbody>;
}

function PairRow({ pair }: { readonly pair: LinePair }): JSX.Element {
  const { left, right, isEqual } = pair;
  return (
    <tr class={isEqual ? "equal" : "differs"}>
      <td class="line-number">{left?.number}</td>
      <td class={`line${isEqual ? "" : left ? " removed" : " nothing"}`}>
        {!isEqual && left && <span class="hidden">removed:</span>}
        {left?.text}
      </td>
      <td class="line-number">{right?.number}</td>
      <td class={`line${isEqual ? "" : right ? " added" : " nothing"}`}>
        {!isEqual && right && <span class="hidden">added:</span>}
        {right?.text}
      </td>
    </tr>
  );
}
