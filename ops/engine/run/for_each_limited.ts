/**
 * Does something with every item, at most `limit` at a time, in their order. Waits for all that has
 * begun, also when one fails.
 *
 * @param limit From 1 up.
 * @throws {AggregateError} of what `work` threw, when it was more than one error; else that one.
 */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  if (!(limit >= 1)) {
    throw new RangeError(`Cannot work as "limit" must be at least 1: current value is ${limit}`);
  }
  const errors: unknown[] = [];
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  const all = Array.isArray(items) ? Math.min(limit, items.length) : limit;
  await Promise.all(Array.from({ length: all }, worker));
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
}
