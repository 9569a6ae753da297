/** A department with an old system: its application, its server's requests, and its old accounts from a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applySource, type LinkRoom, undoLink } from '../../src/legacy/link.ts';
import { planSource } from '../../src/legacy/plan.ts';
import { stageFile } from '../../src/legacy/stage.ts';
import { forgetToldSubjects } from '../../src/oidc/told-subject-store.ts';
import { type Department, registerDepartment } from '../journeys/department.ts';
import type { RunningYihao } from '../support/server.ts';

export interface OldRow {
  id: string;
  name: string;
  number: string;
}

export interface Office extends Department {
  /** Its old system. */
  source: string;
  token(more?: Record<string, string>): Promise<string>;
  /** A GET below /api/legacy-accounts with this token. */
  get(query: string | Record<string, string>, token?: string): Promise<Answer>;
  lookUp(body: unknown, token?: string): Promise<Answer>;
  /** Stages these rows as the next dump, judges and links them. */
  bring(rows: readonly OldRow[]): Promise<void>;
  undo(id: string): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export interface Account {
  source: string;
  id: string;
  sub: string | null;
  since: string | null;
  state: string;
}

export const accountsOf = (answer: Answer) => answer.body.accounts as Account[];

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

export const linkRoom = ({ yihao }: RunningYihao): LinkRoom => {
  const { database, accounts, sealer, clock, audit, tellNews: tell } = yihao;
  return {
    ...{ database, accounts, sealer, clock, tell, forgetTold: forgetToldSubjects },
    trail: audit.trail,
  };
};

export async function openOffice(yihao: RunningYihao, more: Record<string, unknown> = {}): Promise<Office> {
  const department = await registerDepartment(yihao.yihao.clients, {
    scope: 'openid legacy_accounts',
    entitlements: ['legacy_accounts'],
    grant_types: ['authorization_code', 'client_credentials'],
    ...more,
  });
  const source = `old-${department.clientId}`;
  const basic = Buffer.from(`${department.clientId}:${department.secret}`).toString('base64');
  const { fingerprinter, registries } = yihao.yihao;
  const room = linkRoom(yihao);
  const office: Office = {
    ...department,
    source,
    async token(parameters = {}) {
      const response = await fetch(`${yihao.origin}/oauth/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          scope: 'legacy_accounts',
          ...parameters,
        }),
      });
      const { access_token } = (await response.json()) as { access_token?: string };
      if (!access_token) throw new Error(`no token: ${response.status}`);
      return access_token;
    },
    async get(query, token) {
      const rest = typeof query === 'string' ? query : `?${new URLSearchParams(query)}`;
      const authorization = `Bearer ${token ?? (await office.token())}`;
      return answerOf(
        await fetch(`${yihao.origin}/api/legacy-accounts${rest}`, { headers: { authorization } }),
      );
    },
    async lookUp(body, token) {
      const headers = {
        authorization: `Bearer ${token ?? (await office.token())}`,
        'content-type': 'application/json',
      };
      const url = `${yihao.origin}/api/legacy-accounts/lookup`;
      return answerOf(
        await fetch(url, {
          method: 'POST',
          headers,
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      );
    },
    async bring(rows) {
      const folder = mkdtempSync(join(tmpdir(), 'yihao-office-'));
      const path = join(folder, 'old.csv');
      const lines = rows.map(({ id, name, number }) => `${id},${name},${number}`);
      writeFileSync(path, ['id,xm,sfzh', ...lines].join('\n'));
      const declaration = `source: ${source}
title: { zh-CN: 旧系统 }
client: ${department.clientId}
person: { localId: id, name: xm, document: { column: sfzh } }
`;
      const staged = await stageFile({ ...room, fingerprinter }, { declaration, path });
      rmSync(folder, { recursive: true });
      if (!staged.ok) throw new Error(JSON.stringify(staged.failure));
      await planSource({ ...room, population: registries.population }, source);
      await applySource(room, source, 'operator:test');
    },
    async undo(id) {
      const given = { source, localId: id, actor: 'operator:test', reason: 'a test' };
      const undone = await undoLink(room, given, async () => []);
      if (!undone.ok) throw new Error(JSON.stringify(undone.failure));
    },
  };
  return office;
}
