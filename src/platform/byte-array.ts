/**
 * Many byte strings as one parameter of type `bytea[]`, in the binary form of PostgreSQL's arrays (array_recv in its
 * source): the driver writes them as text otherwise, each byte as two digits, and the server reads that back, at
 * several times the price.
 */

const BYTEA = 17;
const HEAD_BYTES = 20;
const ABSENT = -1;

/** To be handed to the driver where the statement says `$n::bytea[]`. */
export function byteArray(values: readonly (Uint8Array | null | undefined)[]): Buffer {
  const size = values.reduce((sum, value) => sum + 4 + (value?.length ?? 0), HEAD_BYTES);
  const array = Buffer.allocUnsafe(size);
  // One dimension, absent values allowed, the type of each, how many, counted from 1.
  let at = 0;
  for (const field of [1, 1, BYTEA, values.length, 1]) at = array.writeInt32BE(field, at);
  for (const value of values) {
    at = array.writeInt32BE(value ? value.length : ABSENT, at);
    if (value) {
      array.set(value, at);
      at += value.length;
    }
  }
  return array;
}
