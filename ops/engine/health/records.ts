/** Longest record that is read, in bytes: the largest answer, and room for what hosts add. */
const maxRecordBytes = 1024 * 1024;

/** A line of a script's output: what it is, and its value. */
export interface OutputRecord {
  readonly name: string;
  readonly value: string;
}

const recordPattern = /^([a-z_]{1,32}) ([A-Za-z0-9+/]*={0,2})$/;

/**
 * The records in what a script has printed, in order. Lines that are none are passed over: a shell
 * may print whatever it likes around ours.
 */
export function readRecords(output: string): OutputRecord[] {
  const records: OutputRecord[] = [];
  for (const line of output.split("\n")) {
    if (line.length > maxRecordBytes) continue;
    const [, name, encoded] = recordPattern.exec(line) ?? [];
    const value = encoded === undefined ? undefined : decode(encoded);
    if (name !== undefined && value !== undefined) records.push({ name, value });
  }
  return records;
}

/** The value of the last record with this name. */
export function lastValue(records: readonly OutputRecord[], name: string): string | undefined {
  return records.findLast((record) => record.name === name)?.value;
}

function decode(encoded: string): string | undefined {
  try {
    return new TextDecoder().decode(
      Uint8Array.fromBase64(encoded, { lastChunkHandling: "strict" }),
    );
  } catch {
    return undefined;
  }
}
