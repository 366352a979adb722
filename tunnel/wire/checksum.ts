/**
 * The one's complement sum of the 16-bit big-endian words of `data[start..end)`, folded to 16 bits
 * (RFC 1071). An odd last byte counts as the high half of a word, so only the last of several
 * partial sums may cover an odd number of bytes. `end` beyond the data means the data's end.
 * `initial` is a partial sum to start from, 0 by default.
 */
export function sumWords(data: Uint8Array, start: number, end: number, initial = 0): number {
  const stop = end < data.length ? end : data.length;
  let sum = initial;
  let i = start;
  for (; i + 7 < stop; i += 8) {
    sum += ((data[i]! << 8) | data[i + 1]!) + ((data[i + 2]! << 8) | data[i + 3]!) +
      ((data[i + 4]! << 8) | data[i + 5]!) + ((data[i + 6]! << 8) | data[i + 7]!);
  }
  for (; i + 1 < stop; i += 2) sum += (data[i]! << 8) | data[i + 1]!;
  if (i < stop) sum += data[i]! << 8;
  return foldSum(sum);
}

/** Folds a sum of words (below 2^53) to 16 bits with end-around carry. */
function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/**
 * The Internet checksum (RFC 1071) of `data[start..end)`, ready to be stored; 0 when the range
 * already contains a valid checksum. `initial` is a partial sum, for instance of a pseudo-header.
 */
export function internetChecksum(
  data: Uint8Array,
  start: number,
  end: number,
  initial = 0,
): number {
  return ~sumWords(data, start, end, initial) & 0xffff;
}

/**
 * The partial sum of the pseudo-header that TCP and UDP checksums include (RFC 9293 section 3.1,
 * RFC 768): addresses as u32, IP protocol number, and the length of header plus payload in bytes.
 */
export function pseudoHeaderSum(
  source: number,
  destination: number,
  protocol: number,
  length: number,
): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) +
    protocol + length;
}

/**
 * The stored checksum after one 16-bit word that it covers was replaced, by equation 3 of RFC 1624:
 * equal to recomputation for any data that is not entirely zero.
 */
export function updateChecksum16(checksum: number, oldWord: number, newWord: number): number {
  let sum = (~checksum & 0xffff) + (~oldWord & 0xffff) + (newWord & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * The stored checksum after an aligned 32-bit field that it covers, such as an IPv4 address, was
 * replaced (RFC 1624). A wrong checksum stays exactly as wrong as it was.
 */
export function updateChecksum32(checksum: number, oldWord: number, newWord: number): number {
  let sum = (~checksum & 0xffff) + (~(oldWord >>> 16) & 0xffff) + (~oldWord & 0xffff) +
    (newWord >>> 16) + (newWord & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
