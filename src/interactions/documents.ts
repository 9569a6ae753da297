/** Kinds of documents in the words of the person's language, for selects. */
import { DOCUMENT_TYPES } from '../accounts/document.ts';
import type { TextParams } from '../platform/page/texts.ts';

type Say = (key: string, params?: TextParams) => string;

export interface Option {
  value: string;
  label: string;
}

export const documentOptions = (t: Say): Option[] =>
  DOCUMENT_TYPES.map((type) => ({ value: type, label: t(`interactions.documents.${type}`) }));

/** For signing in: the usual way first, where number, phone and user name are told apart by their form. */
export const signInOptions = (t: Say): Option[] => [
  { value: '', label: t('interactions.login.document_type.default') },
  ...documentOptions(t).filter(({ value }) => value !== 'citizen-number'),
];
