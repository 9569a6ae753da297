/** The definition of an application as it is handed in, and how its fields are read: every fault is kept. */
import type { Fault } from '../platform/config/load.ts';
import type { Failure } from '../platform/failure.ts';
import type { ClientMetadata, ClientState, LegalBasis, Resource, Words } from './client.ts';

/** What an operator hands in: JSON, not yet trusted. */
export type ClientDefinition = { [name: string]: unknown };

/** A definition that passed. */
export interface JudgedDefinition {
  metadata: ClientMetadata;
  name: Words;
  purpose: Words;
  owner: Words;
  sector: string;
  legalBasis: LegalBasis;
  scopes: string[];
  entitlements: string[];
  leastAcr: string | undefined;
  resource: Resource | undefined;
  resources: string[];
  state: Exclude<ClientState, 'suspended'>;
  secret: string | undefined;
  /** As it was handed in, without the secret. */
  definition: ClientDefinition;
}

/** Failure code `client-definition`; `faults` names every field that is wrong and what would be right. */
export interface DefinitionFailure extends Failure {
  faults: Fault[];
}

export type JudgedOutcome<Value> = { ok: true; value: Value } | { ok: false; failure: DefinitionFailure };

export const definitionFailed = (faults: Fault[]): { ok: false; failure: DefinitionFailure } => ({
  ok: false,
  failure: { code: 'client-definition', status: 400, params: { count: faults.length }, faults },
});

/** Collects faults while a definition is read. */
export class Reader {
  readonly faults: Fault[] = [];
  readonly #definition: ClientDefinition;
  readonly #seen = new Set<string>();

  constructor(definition: ClientDefinition) {
    this.#definition = definition;
  }

  fault(setting: string, right: string): void {
    this.faults.push({ setting, right });
  }

  raw(name: string): unknown {
    this.#seen.add(name);
    return this.#definition[name];
  }

  text(name: string, most = 200): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.trim() !== '' && value.length <= most)
      return value.trim().normalize('NFC');
    this.fault(name, `must be a text of 1 to ${most} characters`);
    return undefined;
  }

  texts(name: string, most = 20): string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (
      Array.isArray(value) &&
      value.length <= most &&
      value.every((item) => typeof item === 'string' && item !== '')
    ) {
      return [...new Set(value as string[])];
    }
    this.fault(name, `must be a list of at most ${most} texts`);
    return undefined;
  }

  yesNo(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.fault(name, 'must be true or false');
    return undefined;
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (choices.includes(value as Choice)) return value as Choice;
    this.fault(name, `must be one of ${choices.join(', ')}`);
    return undefined;
  }

  /** Names nobody asked for: a misspelt security setting must not be ignored in silence. */
  unknown(): string[] {
    return Object.keys(this.#definition).filter((name) => !this.#seen.has(name));
  }
}

/** Drops what was not given. */
export const present = <Fields extends Record<string, unknown>>(object: Fields): Fields =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Fields;
