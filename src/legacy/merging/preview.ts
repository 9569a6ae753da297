/** What would become of two accounts, told before anything is done: both beside each other, masked, and every consequence. */
import type { PersonId } from '../../accounts/person.ts';
import { done, type Outcome } from '../../platform/failure.ts';
import { type Side as CaseSide, sidesOfAccounts } from '../cases/view.ts';
import { askOutside, lookAtPair, type MergeRoom, type Pair, type TwoIds } from './pair.ts';

export interface PreviewRoom extends MergeRoom {
  /** Sectors whose applications know a person. */
  sectorsOf(id: PersonId): Promise<string[]>;
  /** How many sessions a person has. */
  sessionsOf(id: PersonId): Promise<number>;
}

export interface MergeLine {
  what:
    | 'number'
    | 'user-name'
    | 'name'
    | 'phone'
    | 'level'
    | 'password'
    | 'application'
    | 'old-account'
    | 'merged-before'
    | 'session'
    | 'approval';
  becomes: string;
}

export interface MergePreview {
  survivorId: PersonId;
  absorbedId: PersonId;
  why: string;
  secondPerson: boolean;
  /** The survivor first; differences are told of the other one. */
  sides: CaseSide[];
  becomes: MergeLine[];
}

/** Changes nothing. Failures: those of {@link lookAtPair}. */
export async function previewMerge(room: PreviewRoom, ids: TwoIds): Promise<Outcome<MergePreview>> {
  const asked = await askOutside(room, ids, { register: true });
  const seen = await lookAtPair(room, room.database, ids, asked);
  if (!seen.ok) return seen;
  const pair = seen.value;
  const [survivorId, absorbedId] = [pair.survivor.person.id, pair.absorbed.person.id];
  return done({
    ...{ survivorId, absorbedId, why: pair.why, secondPerson: pair.secondPerson },
    sides: sidesOfAccounts(pair.survivor.person, pair.absorbed.person),
    becomes: [
      ...fieldLines(pair),
      ...(await applicationLines(room, survivorId, [absorbedId, ...pair.absorbed.absorbed])),
      ...pair.absorbed.oldAccounts.map((key) => line('old-account', `${key} is the survivor’s`)),
      ...pair.absorbed.absorbed.map((id) => line('merged-before', `${id} leads to the survivor too`)),
      line(
        'session',
        `${await room.sessionsOf(survivorId)} of the survivor and ${await room.sessionsOf(absorbedId)} of the other end, with all grants`,
      ),
      line('approval', pair.secondPerson ? 'another person must approve it' : 'none is needed'),
    ],
  });
}

const line = (what: MergeLine['what'], becomes: string): MergeLine => ({ what, becomes });

/** Nothing of the other one is copied: it is not the survivor's owner who has proven it. */
function fieldLines({ survivor: { person: survivor }, absorbed: { person: absorbed } }: Pair): MergeLine[] {
  return [
    line(
      'number',
      'both lead to the survivor, at sign-in and registration; applications are told the survivor’s',
    ),
    line(
      'user-name',
      absorbed.userName === undefined ? 'stays the survivor’s' : 'both lead to the survivor, at sign-in',
    ),
    line('name', 'stays the survivor’s'),
    line(
      'phone',
      absorbed.phone === undefined || absorbed.phone === survivor.phone
        ? 'stays the survivor’s'
        : 'stays the survivor’s; the other one opens nothing',
    ),
    line('level', `stays ${survivor.identityLevel}`),
    line('password', 'the survivor’s opens the account, with either number; the other one opens nothing'),
  ];
}

async function applicationLines(
  { sectorsOf }: PreviewRoom,
  survivor: PersonId,
  others: readonly PersonId[],
): Promise<MergeLine[]> {
  const own = new Set(await sectorsOf(survivor));
  const theirs = new Set((await Promise.all(others.map(sectorsOf))).flat());
  return [...new Set([...own, ...theirs])].sort().map((sector) => {
    if (!theirs.has(sector))
      return line('application', `${sector}: knows the survivor alone, by the same sub`);
    return line(
      'application',
      own.has(sector)
        ? `${sector}: goes on with the survivor’s sub; the other one’s leads to the survivor too`
        : `${sector}: finds the survivor by the sub that it knows`,
    );
  });
}
