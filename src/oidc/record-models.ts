/** What sets one kind of record apart from another when it is stored. */

export interface RecordModel {
  /** Always in PostgreSQL, also when a fast store is configured. */
  durable: boolean;
  /** A new one is on disk before the answer goes out. What is used up or ended always is. */
  waitsForDisk: boolean;
  /** Belongs to a grant and ends with it. */
  ofGrant: boolean;
  /** Comes with its grant and session in the same read, where one store has all three. */
  inCompany: boolean;
  /** Is used up in the same write that stores a record of this model, the next the library writes. */
  successor: string | undefined;
  /**
   * Seconds it is kept after its expiry for the library to judge itself: an expired device code has its own
   * answer (RFC 8628 §3.5), and a pushed request stays used up (RFC 9126 §4) while an interaction begun with it
   * is still open. Everything else is gone at the second it expires.
   */
  afterExpiry: number;
  /** Seconds an expired one is kept out of reach before it may be swept. */
  margin: number;
}

const passing: RecordModel = {
  durable: false,
  waitsForDisk: false,
  ofGrant: false,
  inCompany: false,
  successor: undefined,
  afterExpiry: 0,
  margin: 0,
};

const lasting: RecordModel = { ...passing, durable: true, waitsForDisk: true };

/**
 * A DPoP proof may be dated up to five minutes ahead, and the library remembers it for five minutes from now:
 * without a margin it could come back in the five minutes after that.
 */
const REPLAY_MARGIN = 300;
const INTERACTION_LIFE = 3600;

const MODELS: Record<string, RecordModel> = {
  Session: passing,
  Interaction: passing,
  ClientCredentials: passing,
  AccessToken: { ...passing, ofGrant: true, inCompany: true },
  AuthorizationCode: { ...passing, ofGrant: true, inCompany: true, successor: 'AccessToken' },
  PreAuthorizedCode: { ...passing, ofGrant: true },
  DeviceCode: { ...passing, ofGrant: true, afterExpiry: 600 },
  BackchannelAuthenticationRequest: { ...passing, ofGrant: true, afterExpiry: 600 },
  PushedAuthorizationRequest: { ...passing, afterExpiry: INTERACTION_LIFE },
  ReplayDetection: { ...passing, waitsForDisk: true, margin: REPLAY_MARGIN },
  RefreshToken: { ...lasting, ofGrant: true, inCompany: true, successor: 'RefreshToken' },
};

/** Kinds nobody has thought about (registration tokens) are kept the careful way. */
export const recordModel = (name: string): RecordModel => MODELS[name] ?? lasting;
