/** Failures as a form shows them: the first one above it, each beside its field. */

import type { Failure } from '../platform/failure.ts';
import type { AppContext } from '../platform/http/context.ts';
import { describeFailure, type Pages } from '../platform/page/render.ts';

export interface FormFaults {
  /** Shown above the form. */
  failed: Failure | undefined;
  /** Texts by field name. */
  errors: Record<string, string>;
}

/** Also sets Retry-After where a failure says when trying again makes sense. */
export function faultsOf(pages: Pages, ctx: AppContext, failures: readonly Failure[]): FormFaults {
  const { language } = ctx.state;
  const wait = failures[0]?.retryAfter;
  if (wait !== undefined) ctx.set('Retry-After', String(Math.ceil(wait)));
  const errors: Record<string, string> = {};
  for (const failure of failures) {
    if (failure.field === undefined || failure.field in errors) continue;
    errors[failure.field] = describeFailure(pages.texts, pages.wording, language, failure).title;
  }
  return { failed: failures[0], errors };
}

/** The status of a page that shows failures. */
export const statusOf = (failures: readonly Failure[]): number => failures[0]?.status ?? 200;
