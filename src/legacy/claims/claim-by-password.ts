/** Claiming by the old password: one account and one hash for each try, whoever asks and whatever there is. */
import { failed, type Outcome } from '../../platform/failure.ts';
import { checkPassword, makeRecipeReader } from '../old-password.ts';
import { expiryOf } from '../password-expiry.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { makeClaimLimits } from './claim-limits.ts';
import {
  type Claimed,
  countedAs,
  type Found,
  findNamed,
  recordRefusal,
  settleClaim,
} from './claim-settled.ts';
import type { Asking, ClaimRoom } from './claims.ts';

/** As at sign-in: what is longer is wrong without hashing all of it. */
const LONGEST_PASSWORD = 1_024;

const recipeOf = makeRecipeReader();

export async function claimByPassword(
  room: ClaimRoom,
  limits: ReturnType<typeof makeClaimLimits>,
  { password, ...asking }: Asking & { password: string },
): Promise<Outcome<Claimed>> {
  const began = performance.now();
  const found = await findNamed(room, asking);
  const counted = await limits.take('password', { ...asking, account: countedAs(found, asking) });
  if (!counted.ok) return counted;
  const right = await isRight(room, found, password.slice(0, LONGEST_PASSWORD));
  if (!right.ok) {
    await limits.giveBack(counted.value);
    return right;
  }
  const settled = found && right.value ? await settleClaim(room, 'password', asking, found) : undefined;
  if (settled) {
    if (settled.ok && settled.value.state === 'linked') await limits.giveBack(counted.value);
    return settled;
  }
  await recordRefusal(room, asking, 'password');
  await room.pace.hold(began);
  return failed('claim-refused', 422, { field: 'old_name' });
}

/** Waits for its turn in the queue; where there is nothing to check, one hash is made all the same. */
function isRight(room: ClaimRoom, found: Found | undefined, password: string): Promise<Outcome<boolean>> {
  const checkable = found && checkableOf(room, found);
  return room.hasher.run(async () => {
    if (checkable) return checkPassword(room, checkable.recipe, checkable.row, password);
    await room.hasher.hash(password);
    return false;
  });
}

function checkableOf({ clock }: ClaimRoom, { row }: Found) {
  const { source, local_id: localId, state, password: content, declaration, since } = row;
  const recipe: Recipe | undefined = recipeOf(source, declaration);
  if (!recipe || state === null || content === null) return undefined;
  if (clock.now() >= expiryOf(declaration, since)) return undefined;
  return { recipe, row: { source, localId, state, content } };
}
