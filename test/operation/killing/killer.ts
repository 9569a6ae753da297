/** Kills nodes: between two statements of theirs where there is a wire, a moment after a request came where not. */
import type { Dice } from './dice.ts';
import type { Fleet, Member } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import type { CutPlan } from './wire.ts';

/**
 * What a node is in the middle of when it is killed: a request, or the statements that follow the one which contains
 * a text, as it does the name of a prepared statement; and how many statements may pass at most.
 */
type Moment = { paths: string[]; most: number } | { from: string; most: number };

/** From the person's row to the end of its transaction. */
const OPENING: Moment = { from: 'person-insert', most: 7 };
const SIGNING_IN: Moment = { paths: ['/register/code', '/continue', '/login', '/consent'], most: 24 };
const TOKENS: Moment = { paths: ['/oauth/token', '/oauth/userinfo'], most: 12 };
const LEAVING: Moment = { paths: ['/oauth/logout/confirm', '/account/sessions/end'], most: 20 };
const MOMENTS = [OPENING, TOKENS, OPENING, LEAVING, SIGNING_IN, TOKENS];

/** One of so many such requests is the one. */
const ONE_OF = 2;
const MOST_DELAY_MS = 80;
/** Where nothing of the kind happens for so long, the node is killed all the same. */
const PATIENCE_MS = 8_000;
/** The register is away for this long before some of the kills: registrations wait, and a job finishes them. */
const AWAY_MS = 600;

/** So many kills, each followed by a start; now and then all nodes at once. Says what it did. */
export async function killAtRandom(
  fleet: Fleet,
  dice: Dice,
  ledger: Ledger,
  times: number,
): Promise<string[]> {
  const done: string[] = [];
  const points = new Map<Moment, CutPlan[]>();
  for (let n = 0; n < times; n += 1) {
    if (dice.chance(0.3)) {
      fleet.register.turn({ down: true });
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
      fleet.register.turn({ down: false });
    }
    const moment = MOMENTS[n % MOMENTS.length]!;
    // Each point once before any of them again: a long enough run has cut everywhere.
    const left = points.get(moment) ?? [];
    if (left.length === 0) left.push(...pointsOf(moment, dice));
    points.set(moment, left);
    const { member, how } = await strike(fleet, dice, moment, left.pop()!);
    const all = fleet.members.length > 1 && dice.chance(0.2);
    const struck = all ? fleet.members : [member];
    await Promise.all(struck.map((one) => one.kill()));
    done.push(all ? `${how}, all nodes` : how);
    ledger.count('kills');
    await Promise.all(struck.map((one) => one.start()));
  }
  return done;
}

/**
 * Where what belongs into the transaction, but is done after it, would be missing. Counted from the audit event: the
 * person's row alone may be refused, because the number has an account.
 */
const OPENED: CutPlan = { from: 'person.registered', to: 'COMMIT', pieces: 0, lastGoesOn: true };

/** All points of a moment, to be taken from the end. */
function pointsOf(moment: Moment, dice: Dice): CutPlan[] {
  const all = Array.from({ length: 2 * moment.most }, (_, n) => ({
    from: 'from' in moment ? moment.from : undefined,
    pieces: 1 + (n >> 1),
    lastGoesOn: n % 2 === 1,
  }));
  return [...dice.shuffled(all), ...('from' in moment ? [OPENED] : [])];
}

/** Waits for the moment and kills the node that it is about. */
function strike(
  fleet: Fleet,
  dice: Dice,
  moment: Moment,
  plan: CutPlan,
): Promise<{ member: Member; how: string }> {
  const { members, balancer } = fleet;
  const anyone = dice.of(members);
  const wire = dice.whole(0, Math.max(0, anyone.wires.length - 1));
  const delay = dice.whole(0, MOST_DELAY_MS);
  const goesOn = plan.lastGoesOn ? 'after' : 'before';
  return new Promise((resolve) => {
    const kill = (member: Member, how: string) => {
      clearTimeout(patience);
      balancer.onRequest = () => {};
      for (const one of members.flatMap(({ wires }) => wires)) one.forget();
      void member.kill();
      resolve({ member, how });
    };
    let patience = setTimeout(() => kill(anyone, `at no moment: ${JSON.stringify(moment)}`), PATIENCE_MS);
    // Transactions are on the first wire, to the database; the other one leads to Redis.
    if (plan.from && anyone.wires[0]) {
      for (const member of members) {
        const how = `${goesOn} ${plan.to ?? `piece ${plan.pieces}`} from ${plan.from}`;
        member.wires[0]?.watch(plan, () => kill(member, how));
      }
      return;
    }
    const ends = 'paths' in moment ? moment.paths : ['/register/password', '/register/submit'];
    balancer.onRequest = (target, path) => {
      const member = members.find((one) => one.up && one.port === target.port);
      const end = ends.find((one) => path.endsWith(one));
      if (!member || !end || dice.whole(1, ONE_OF) > 1) return;
      balancer.onRequest = () => {};
      clearTimeout(patience);
      const watched = member.wires[wire];
      if (!watched) {
        setTimeout(() => kill(member, `${delay} ms after ${end}`), delay);
        return;
      }
      const how = `${goesOn} piece ${plan.pieces} on wire ${wire} from ${end}`;
      patience = setTimeout(() => kill(member, `${how}, which did not come`), PATIENCE_MS);
      watched.watch(plan, () => kill(member, how));
    };
  });
}
