/**
 * Style sheet, script, fonts and pictures: read once at start, named after their content and therefore cached
 * for a year. Style sheets name other assets by their plain names; the names are replaced here.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

export interface Asset {
  type: string;
  etag: string;
  body: Buffer;
  /** Compressed forms; absent where compressing gains nothing (fonts). */
  br?: Buffer;
  gzip?: Buffer;
}

export interface Assets {
  /** Address of an asset by its plain name (`site.css`). @throws when there is none. */
  url(name: string): string;
  find(path: string): Asset | undefined;
}

export const ASSETS_PATH = '/assets/';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
};

/** `folder` holds our own files; `more` maps a plain name to a file elsewhere (fonts of an npm package). */
export function openAssets(folder: string, more: Record<string, string> = {}): Assets {
  const files = new Map<string, string>(
    readdirSync(folder)
      .filter((name) => extname(name) in TYPES)
      .map((name) => [name, join(folder, name)]),
  );
  for (const [name, file] of Object.entries(more)) files.set(name, file);
  const urls = new Map<string, string>();
  const assets = new Map<string, Asset>();
  const place = (name: string, body: Buffer) => {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const extension = extname(name);
    const url = `${ASSETS_PATH}${name.slice(0, -extension.length)}.${hash}${extension}`;
    urls.set(name, url);
    assets.set(url, makeAsset(TYPES[extension]!, hash, body));
  };
  const url = (name: string): string => {
    const found = urls.get(name);
    if (!found) throw new Error(`no asset ${name}`);
    return found;
  };
  const names = [...files.keys()];
  for (const name of names.filter((each) => !each.endsWith('.css')))
    place(name, readFileSync(files.get(name)!));
  for (const name of names.filter((each) => each.endsWith('.css'))) {
    const sheet = readFileSync(files.get(name)!, 'utf8');
    place(
      name,
      Buffer.from(sheet.replace(/url\("([^"]+)"\)/g, (_, asset: string) => `url("${url(asset)}")`)),
    );
  }
  return { url, find: (path) => assets.get(path) };
}

function makeAsset(type: string, etag: string, body: Buffer): Asset {
  const asset: Asset = { type, etag: `"${etag}"`, body };
  if (!/^(text\/|image\/svg)/.test(type)) return asset;
  asset.gzip = gzipSync(body, { level: 9 });
  asset.br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return asset;
}
