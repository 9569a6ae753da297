/**
 * Where the library's records carry a little more than it gives them: through which channel somebody signed in,
 * and by its first letters what kind of token a token is, so that asking about one costs one look-up, not three.
 */
import type Provider from 'oidc-provider';

interface Model {
  IN_PAYLOAD: string[];
  prototype: { generateTokenId(): string };
  find(id: unknown, options?: object): Promise<unknown>;
}

const PREFIXES = { AccessToken: 'at_', ClientCredentials: 'ct_', RefreshToken: 'rt_' } as const;

/** Must run before the provider answers its first request. @throws when the library has changed underneath. */
export function extendModels(provider: Provider): void {
  for (const name of ['Session', 'Grant'] as const) {
    const model = provider[name] as unknown as Model;
    const fields = [...model.IN_PAYLOAD, 'channel'];
    Object.defineProperty(model, 'IN_PAYLOAD', { configurable: true, get: () => fields });
  }
  for (const [name, prefix] of Object.entries(PREFIXES) as [keyof typeof PREFIXES, string][]) {
    const model = provider[name] as unknown as Model;
    const { generateTokenId } = model.prototype;
    if (typeof generateTokenId !== 'function')
      throw new Error(`the library makes the ids of ${name} elsewhere now`);
    model.prototype.generateTokenId = function (this: { format?: string }) {
      const id = generateTokenId.call(this);
      return this.format === 'jwt' ? id : prefix + id;
    };
    const find = model.find.bind(model);
    model.find = async (id, options) =>
      typeof id === 'string' && id.startsWith(prefix) ? find(id, options) : undefined;
  }
}
