/**
 * Each power of two of microseconds is divided into this many equal buckets, so a percentile is
 * wrong by at most 1/128 of its value, whatever the number of samples.
 */
const bucketsPerDoubling = 64;
const linearBuckets = bucketsPerDoubling * 2;
/** 2^32 µs are 71 minutes; a longer time counts in the last bucket. */
const longestMicroseconds = 2 ** 32 - 1;
const bucketCount = bucketOf(longestMicroseconds) + 1;

/** Round-trip times in milliseconds; all `null` when there was no reply. */
export interface RttSummary {
  readonly min: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/**
 * Round-trip times of a run of any length in about 13 KiB: minimum and maximum exactly,
 * percentiles to within 1 % (and 1 µs).
 */
export class RttHistogram {
  readonly #buckets = new Float64Array(bucketCount);
  #count = 0;
  #minMs = Infinity;
  #maxMs = 0;

  /** @param rttMs Milliseconds, with fractions; negative counts as 0. */
  add(rttMs: number): void {
    const value = rttMs > 0 ? rttMs : 0;
    const bucket = bucketOf(Math.min(Math.round(value * 1000), longestMicroseconds));
    this.#buckets[bucket] = this.#buckets[bucket]! + 1;
    this.#count += 1;
    if (value < this.#minMs) this.#minMs = value;
    if (value > this.#maxMs) this.#maxMs = value;
  }

  /**
   * The value that at least `percent` of the samples do not exceed (nearest rank), in
   * milliseconds, or `null` without samples.
   *
   * @param percent Above 0, at most 100.
   */
  percentile(percent: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      seen += this.#buckets[bucket]!;
      if (seen >= rank) {
        return Math.min(this.#maxMs, Math.max(this.#minMs, middleOf(bucket) / 1000));
      }
    }
    return this.#maxMs;
  }

  /** Minimum, median, 95th and 99th percentile, maximum. */
  summary(): RttSummary {
    const empty = this.#count === 0;
    return {
      min: empty ? null : this.#minMs,
      p50: this.percentile(50),
      p95: this.percentile(95),
      p99: this.percentile(99),
      max: empty ? null : this.#maxMs,
    };
  }
}

function bucketOf(microseconds: number): number {
  if (microseconds < linearBuckets) return microseconds;
  // How far the value moves right until its 7 leading bits are left, 64 to 127.
  const shift = 25 - Math.clz32(microseconds);
  return shift * bucketsPerDoubling + (microseconds >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < linearBuckets) return bucket;
  const shift = Math.floor(bucket / bucketsPerDoubling) - 1;
  const mantissa = bucket - shift * bucketsPerDoubling;
  const width = 2 ** shift;
  return mantissa * width + (width - 1) / 2;
}
