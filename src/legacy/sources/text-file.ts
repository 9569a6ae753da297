/** The file behind a source, and the proof that it stayed the same between the readings. */
import { stat } from 'node:fs/promises';
import { refuse } from './refusals.ts';

export interface TextFile {
  path: string;
  size: number;
  /** @throws Refused when size or time of change are no longer what they were. */
  checkUnchanged(): Promise<void>;
}

export function describeFile(path: string, first: { size: number; mtimeMs: number }): TextFile {
  return {
    path,
    size: first.size,
    checkUnchanged: async () => {
      const now = await stat(path).catch(() => undefined);
      if (now?.size !== first.size || now.mtimeMs !== first.mtimeMs) refuse('source-changed');
    },
  };
}
