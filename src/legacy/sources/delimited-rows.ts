/**
 * Rows of delimited text (RFC 4180, and what exports make of it), from text that arrives in pieces of any size.
 *
 * Why not a library: csv-parse 7 gives up the rest of the file at the first row over its limit, and an unclosed
 * quote swallows every row behind it as one. Here a faulty row costs that row: reading goes on at the line after the
 * one on which it began, in memory bounded by one row and one piece.
 *
 * Kept as they are: quotes inside an unquoted field, spaces around fields. Blank lines are skipped.
 */
import type { RowFault, SourceLimits } from './source.ts';

export interface RawRow {
  /** The line on which it begins, 1-based. */
  at: number;
  values: string[];
  /** Set when the row can not be used; `values` is empty then. */
  fault?: RowFault;
}

export interface RowReader {
  /** The rows that this piece completes. */
  write(text: string): RawRow[];
  /** What is left at the end of the file. */
  end(): RawRow[];
}

const LF = 10;
const CR = 13;
const QUOTE = 34;
const NOWHERE = Number.POSITIVE_INFINITY;

/** What a try at a quoted row found: a row, a fault, or that the text ends before the row does. */
type Tried = { values: string[]; end: number } | 'malformed' | 'unfinished';

export function createRowReader(
  delimiter: string,
  limits: Pick<SourceLimits, 'rowCharacters' | 'columns'>,
): RowReader {
  const separator = delimiter.charCodeAt(0);
  let text = '';
  /** Of the first character of `text`. */
  let line = 1;
  /** Within a row that is too long: skip to the next line end. */
  let skipping = false;

  /** Next positions at or behind the place last asked for; kept, so that nothing is searched twice. */
  const found = { lf: -1, cr: -1, quote: -1, separator: -1 };
  const next = (key: keyof typeof found, sign: string, from: number): number => {
    if (found[key] < from) {
      const at = text.indexOf(sign, from);
      found[key] = at === -1 ? NOWHERE : at;
    }
    return found[key];
  };
  const lineEnd = (from: number) => Math.min(next('lf', '\n', from), next('cr', '\r', from));
  const behindLineEnd = (end: number) =>
    text.charCodeAt(end) === CR && text.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
  /** A CR that ends the piece may be half of a CRLF. */
  const isHalf = (end: number) => end === text.length - 1 && text.charCodeAt(end) === CR;

  function take(final: boolean): RawRow[] {
    const rows: RawRow[] = [];
    let at = 0;
    found.lf = found.cr = found.quote = found.separator = -1;
    const toNextLine = (end: number) => {
      at = end >= text.length ? text.length : behindLineEnd(end);
      line += 1;
    };

    while (at < text.length) {
      const end = lineEnd(at);
      if (skipping) {
        if (end === NOWHERE || (isHalf(end) && !final)) {
          at = end === NOWHERE ? text.length : end;
          break;
        }
        skipping = false;
        toNextLine(end);
        continue;
      }
      if (next('quote', '"', at) < end) {
        const kept = { ...found };
        const tried = tryQuoted(at, final);
        const tooLong = tried === 'unfinished' && text.length - at > limits.rowCharacters;
        if (tried === 'unfinished' && !final && !tooLong) break;
        if (typeof tried === 'object') {
          if (isHalf(tried.end) && !final) break;
          const fault = tried.end - at > limits.rowCharacters ? 'row-length' : undefined;
          rows.push(fault ? { at: line, values: [], fault } : { at: line, values: tried.values });
          if (tried.end > end) line += lineEndsIn(at, tried.end);
          toNextLine(tried.end);
          continue;
        }
        // Only the line on which it began is given up; places found before it still hold.
        Object.assign(found, kept);
        if (end === NOWHERE && !final) {
          // A fault in a line that is still arriving: its end must be known before it can be skipped.
          if (!tooLong && text.length - at <= limits.rowCharacters) break;
          skipping = true;
        }
        rows.push({ at: line, values: [], fault: skipping ? 'row-length' : 'row-quote' });
        if (skipping) at = text.length;
        else toNextLine(end);
        continue;
      }
      if (end === NOWHERE && !final) {
        if (text.length - at <= limits.rowCharacters) break;
        rows.push({ at: line, values: [], fault: 'row-length' });
        skipping = true;
        at = text.length;
        break;
      }
      if (end !== NOWHERE && isHalf(end) && !final) break;
      const stop = Math.min(end, text.length);
      if (stop - at > limits.rowCharacters) rows.push({ at: line, values: [], fault: 'row-length' });
      else if (stop > at) {
        rows.push({ at: line, values: text.slice(at, stop).split(delimiter, limits.columns + 1) });
      }
      toNextLine(stop);
    }
    text = text.slice(at);
    return rows;
  }

  function tryQuoted(start: number, final: boolean): Tried {
    const values: string[] = [];
    let at = start;
    for (;;) {
      let value: string;
      if (text.charCodeAt(at) === QUOTE) {
        const close = closingQuote(at + 1, final);
        if (close === undefined) return 'unfinished';
        value = text.slice(at + 1, close);
        if (value.includes('"')) value = value.replaceAll('""', '"');
        at = close + 1;
      } else {
        const end = Math.min(next('separator', delimiter, at), lineEnd(at), text.length);
        value = text.slice(at, end);
        at = end;
      }
      if (values.length <= limits.columns) values.push(value);
      if (at >= text.length) return final ? { values, end: text.length } : 'unfinished';
      const code = text.charCodeAt(at);
      if (code === LF || code === CR) return { values, end: at };
      if (code !== separator) return 'malformed';
      at += 1;
      if (at > start + limits.rowCharacters) return 'unfinished';
    }
  }

  /** Of the quote that closes a field whose content begins at `from`; doubled quotes are content. */
  function closingQuote(from: number, final: boolean): number | undefined {
    for (let at = from; ; ) {
      const quote = next('quote', '"', at);
      if (quote === NOWHERE) return undefined;
      if (quote === text.length - 1) return final ? quote : undefined;
      if (text.charCodeAt(quote + 1) !== QUOTE) return quote;
      at = quote + 2;
    }
  }

  function lineEndsIn(from: number, to: number): number {
    let count = 0;
    for (let at = from; at < to; at += 1) {
      const code = text.charCodeAt(at);
      if (code === LF || (code === CR && text.charCodeAt(at + 1) !== LF)) count += 1;
    }
    return count;
  }

  return {
    write(piece) {
      text = text === '' ? piece : text + piece;
      return take(false);
    },
    end: () => take(true),
  };
}
