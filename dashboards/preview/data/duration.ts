const secondsOf: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Seconds of a duration as Prometheus writes it (`1m30s`); `undefined` when it is none. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return undefined;
  return text.matchAll(/(\d+)(ms|[smhdwy])/g).reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * secondsOf[unit!]!,
    0,
  );
}
