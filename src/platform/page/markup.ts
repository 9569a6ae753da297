/** HTML that is known to be safe, as a type of its own: everything else is escaped when it is written. */
import type { Language } from './language.ts';
import { fillText, type Texts } from './texts.ts';

export class Markup {
  readonly html: string;

  private constructor(html: string) {
    this.html = html;
  }

  /** Text in another language than the page's, or simply set apart when `lang` is missing. */
  static span(text: string, lang?: string): Markup {
    const attribute = lang ? ` lang="${escapeHtml(lang)}"` : '';
    return new Markup(`<bdi${attribute}>${escapeHtml(text)}</bdi>`);
  }

  /** Fills a text whose placeholders may hold markup. */
  static fill(
    texts: Texts,
    language: Language,
    key: string,
    params: Record<string, string | number | Markup>,
  ): Markup {
    // Placeholders survive escaping, so the sentence is escaped first and the values are put in afterwards.
    const names = Object.keys(params);
    const kept = texts.t(language, key, Object.fromEntries(names.map((name) => [name, `{${name}}`])));
    const values = names.map((name) => {
      const value = params[name]!;
      return [name, value instanceof Markup ? value.html : escapeHtml(String(value))];
    });
    return new Markup(fillText(escapeHtml(kept), key, Object.fromEntries(values), true));
  }

  toString(): string {
    return this.html;
  }
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
