/** The assets of our pages: public/ and the two weights of the Tibetan font, from its npm package. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Assets, openAssets } from './assets.ts';

const FONT = '@fontsource/noto-serif-tibetan/files/noto-serif-tibetan-tibetan';

/** `root` is the project's folder. */
export function openPageAssets(root: string): Assets {
  const { resolve } = createRequire(import.meta.url);
  return openAssets(join(root, 'public'), {
    'tibetan-400.woff2': resolve(`${FONT}-400-normal.woff2`),
    'tibetan-700.woff2': resolve(`${FONT}-700-normal.woff2`),
  });
}
