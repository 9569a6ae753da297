/** Ending sessions from the command line: here is no provider, so it is promised, and a serving node keeps the promise. */
import type { Yihao } from '../app.ts';
import { type Endings, openEndings } from '../oidc/ending.ts';
import { openLogouts } from '../oidc/logout.ts';
import { makeOutgoing } from '../oidc/outgoing.ts';
import { openSubjects } from '../oidc/subject.ts';

/** For `endLater` alone. */
export async function openGoodbyes(yihao: Yihao): Promise<Pick<Endings, 'endLater'>> {
  const { database, outbox, clients, clock, log, settings, accounts } = yihao;
  const { trail } = yihao.audit;
  const on = { database, outbox, clients, clock, trail };
  const outgoing = makeOutgoing(settings.oidc.outgoing);
  const logouts = openLogouts({ ...on, outgoing, log, settings: settings.oidc.logout });
  const subjects = openSubjects(database, accounts.merged);
  const endings = openEndings({ ...on, store: yihao.oidcStore, logouts, subjects });
  await endings.prepare();
  return endings;
}
