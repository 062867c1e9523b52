/** Results of the same work for many items, in order; a few are under way at the same time. */
export async function* fetchAhead<Item, Result>(
  items: readonly Item[],
  ahead: number,
  fetch: (item: Item) => Promise<Result>,
): AsyncGenerator<[Item, Result]> {
  const underWay: Promise<Result>[] = [];
  let next = 0;
  try {
    for (const item of items) {
      while (next < items.length && underWay.length < ahead) {
        const started = fetch(items[next++]!);
        // Whoever takes it hears of its failure.
        started.catch(() => {});
        underWay.push(started);
      }
      yield [item, await underWay.shift()!];
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
