/** Reads the XML parts of a workbook as events. Nothing is looked up outside, no document type is accepted. */
import sax from 'sax';
import { Refused } from '../../platform/failure.ts';
import { refuse } from './refusals.ts';

export interface XmlEvents {
  /** Names come without their prefix. */
  open(name: string, attributes: Record<string, string>): void;
  close(name: string): void;
  text(text: string): void;
}

/** Only the five entities of XML itself; the types of the library do not know the option. */
const OPTIONS: sax.SAXOptions & { strictEntities: boolean } = { position: false, strictEntities: true };
const DEEPEST = 100;
/**
 * Bytes between two tags, or of one tag: far more than a cell's 32,767 characters. The parser's own bound on its
 * buffers works only while it counts positions, which we spare it.
 */
const LONGEST_PIECE = 1024 * 1024;

const localName = (name: string) => name.slice(name.indexOf(':') + 1);

/**
 * Feeds the events of one part; gives way after each chunk, so that what the events made can be handed on.
 * @throws Refused when the part is no well-formed UTF-8 XML, has a document type, or is built to exhaust memory.
 */
export async function* parseXml(
  chunks: AsyncIterable<Buffer>,
  part: string,
  events: XmlEvents,
): AsyncGenerator<number> {
  const parser = sax.parser(true, OPTIONS);
  let depth = 0;
  let sinceTag = 0;
  parser.onerror = () => refuse('source-workbook-broken', { part });
  parser.ondoctype = () => refuse('source-workbook-doctype', { part });
  parser.onopentag = (tag) => {
    depth += 1;
    sinceTag = 0;
    if (depth > DEEPEST) refuse('source-workbook-broken', { part });
    events.open(localName(tag.name), tag.attributes as Record<string, string>);
  };
  parser.onclosetag = (name) => {
    depth -= 1;
    sinceTag = 0;
    events.close(localName(name));
  };
  parser.ontext = (text) => events.text(text);
  parser.oncdata = parser.ontext;

  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Buffer) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      return refuse('source-workbook-broken', { part });
    }
  };
  for await (const chunk of chunks) {
    sinceTag += chunk.length;
    parser.write(decode(chunk));
    if (sinceTag > LONGEST_PIECE) refuse('source-workbook-broken', { part });
    yield chunk.length;
  }
  parser.write(decode());
  try {
    parser.close();
  } catch (error) {
    if (error instanceof Refused) throw error;
    refuse('source-workbook-broken', { part });
  }
}

/** Reads a small part to its end. */
export async function readXml(chunks: AsyncIterable<Buffer>, part: string, events: XmlEvents): Promise<void> {
  for await (const _ of parseXml(chunks, part, events));
}
