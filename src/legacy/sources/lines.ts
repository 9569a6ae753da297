/** Lines from text that arrives in pieces, none longer than a limit. */

export interface Line {
  /** 1-based. */
  at: number;
  /** Without its end; undefined when the line is too long. */
  text: string | undefined;
}

export interface LineReader {
  write(text: string): Line[];
  end(): Line[];
}

/** Lines end at LF (JSON Lines); a CR before it counts as space. Blank lines are counted and left out. */
export function createLineReader(limit: number): LineReader {
  let held = '';
  let at = 1;
  let skipping = false;

  function push(lines: Line[], text: string): void {
    if (skipping) skipping = false;
    else if (text.length > limit) lines.push({ at, text: undefined });
    else if (text.trim() !== '') lines.push({ at, text });
    at += 1;
  }

  return {
    write(piece) {
      const lines: Line[] = [];
      const text = held + piece;
      let from = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        push(lines, text.slice(from, end));
        from = end + 1;
      }
      held = skipping ? '' : text.slice(from);
      if (held.length > limit) {
        lines.push({ at, text: undefined });
        skipping = true;
        held = '';
      }
      return lines;
    },
    end() {
      const lines: Line[] = [];
      if (held !== '') push(lines, held);
      held = '';
      return lines;
    },
  };
}
