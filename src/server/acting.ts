/** The three things that an operator may do through the page. Each is written down with who and why, as the command line does. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Act } from '../jobs/operator.ts';
import { liftable, pauseAll, resumeAll } from '../jobs/operations.ts';
import type { Target as Operated } from '../jobs/operations.ts';
import type { AccountJournal } from '../reading/accounts.ts';
import type { AlertLedger } from './alerts.ts';
import { Refusal } from './guard.ts';
import type { Target } from './wire.ts';

export interface ActingOptions {
  readonly clock: Clock;
  readonly accounts: () => Promise<readonly AccountJournal[]>;
  readonly alerts: AlertLedger | null;
  /** Something was done: what is shown is old. */
  readonly onActed: () => void;
}

interface Signed {
  readonly by: string;
  readonly why: string;
}

const TEXT = { type: 'string', minLength: 1, maxLength: 500, pattern: '\\S' };
const SIGNED = { by: { type: 'string', maxLength: 80 }, why: TEXT };
const MOST_PAUSE_MS = 366 * 86_400_000;
const TARGET = {
  type: 'object',
  required: ['kind'],
  additionalProperties: false,
  properties: { kind: { enum: ['all', 'account', 'loan'] }, account: TEXT, loan: TEXT },
};

function body(properties: Readonly<Record<string, object>>, required: readonly string[]): { readonly body: object } {
  const all = { ...SIGNED, ...properties };
  return {
    body: { type: 'object', additionalProperties: false, required: ['why', 'by', ...required], properties: all },
  };
}

const PAUSE = body({ target: TARGET, forMs: { type: 'integer', minimum: 1_000, maximum: MOST_PAUSE_MS } }, [
  'target',
  'forMs',
]);
const RESUME = body({ target: TARGET }, ['target']);
const ACKNOWLEDGE = body({ account: TEXT, causes: { type: 'object', additionalProperties: { type: 'string' } } }, [
  'account',
  'causes',
]);
const ALERT = body({ id: TEXT }, ['id']);

export function addActing(http: FastifyInstance, options: ActingOptions): void {
  const { clock, accounts, alerts, onActed } = options;
  const actOf = (request: FastifyRequest, { by, why }: Signed): Act => ({
    ...signature(request, by, why),
    at: clock.wall(),
  });

  http.post<{ Body: Signed & { target: Target; forMs: number } }>('/api/pause', { schema: PAUSE }, async (request) => {
    const { target, forMs } = request.body;
    const targets = await targetsOf(accounts, target);
    const until = clock.wall() + forMs;
    await pauseAll(targets, actOf(request, request.body), until);
    onActed();
    return { paused: targets.map(({ name, loan }) => ({ account: name, loan })), until };
  });

  http.post<{ Body: Signed & { target: Target } }>('/api/resume', { schema: RESUME }, async (request) => {
    const lifted = await resumeAll(await targetsOf(accounts, request.body.target), actOf(request, request.body));
    onActed();
    return { resumed: lifted.map(({ name, loan }) => ({ account: name, loan })) };
  });

  http.post<{ Body: Signed & { account: string; causes: Readonly<Record<string, string>> } }>(
    '/api/acknowledge',
    { schema: ACKNOWLEDGE },
    async (request) => {
      const { account: label, causes } = request.body;
      const account = (await accounts()).find((one) => one.label === label);
      if (account === undefined) throw unknown();
      const waiting = liftable(await account.operator.standing());
      // Only what the operator saw: the next look lifts nothing if there is another reason by then.
      const meant = Object.fromEntries(Object.entries(causes).filter(([kind]) => Object.hasOwn(waiting, kind)));
      if (Object.keys(meant).length === 0) {
        throw new Refusal(409, `nothing of account ${label} waits for a person.`, 'look at the page again.');
      }
      await account.operator.acknowledge({ ...actOf(request, request.body), causes: meant });
      await account.operator.ring(account.name, 'an operator acknowledged it');
      onActed();
      return { account: label };
    },
  );

  if (alerts === null) return;
  http.post<{ Body: Signed & { id: string } }>('/api/alerts/acknowledge', { schema: ALERT }, async (request) => {
    const { id } = request.body;
    if ((await alerts.acknowledge(id, actOf(request, request.body))) === null) {
      throw new Refusal(404, 'this alert is no longer open.', 'do nothing: what it was about is over.');
    }
    onActed();
    return { id };
  });
}

function signature({ ip }: FastifyRequest, by: string, why: string): Signed {
  const name = by.trim();
  return { by: `${name === '' ? 'somebody' : name} through the page (${ip})`, why: why.trim() };
}

interface Found extends Operated {
  readonly account: AccountJournal;
}

/** `all` is every account of this server's policy file, never those of another server. @throws Refusal */
async function targetsOf(
  accounts: () => Promise<readonly AccountJournal[]>,
  target: Target,
): Promise<readonly Found[]> {
  const all = await accounts();
  const found = (account: AccountJournal, loan: string | null): Found => {
    return { account, name: account.name, operator: account.operator, loan };
  };
  if (target.kind === 'all') return all.filter(({ config }) => config !== null).map((account) => found(account, null));
  const account = all.find(({ label }) => label === target.account);
  if (account === undefined) throw unknown();
  if (target.kind === 'account') return [found(account, null)];
  if (!(await account.journal.loans()).has(target.loan)) throw unknown();
  return [found(account, target.loan)];
}

function unknown(): Refusal {
  return new Refusal(404, 'there is no such account or loan any more.', 'look at the page again.');
}
