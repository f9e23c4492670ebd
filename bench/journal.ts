/** What the journal's four steps cost, as multiples of one bare write to the same Redis, which syncs every write. */
import { systemClock } from '../src/clock.ts';
import { Journal } from '../src/jobs/journal.ts';
import { anIntent, commitWith, freshAddress } from '../test/jobs/fixtures.ts';
import { startTestRedis } from '../test/support/redis.ts';
import { line, ms, quantile, ratio, title } from './figures.ts';

const ROUNDS = 300;
const STEPS = ['bare write', 'open', 'commit', 'claim', 'outcome'] as const;
type Step = (typeof STEPS)[number];

/** @returns the median of a bare write with its sync, ms */
export async function measureJournal(): Promise<number> {
  const redis = await startTestRedis({ fsync: true });
  try {
    const client = redis.connect();
    const journal = new Journal(client, freshAddress());
    const took = new Map<Step, number[]>(STEPS.map((step) => [step, []]));
    const timed = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
      const from = systemClock.mono();
      const result = await work();
      took.get(step)?.push(systemClock.mono() - from);
      return result;
    };
    for (let round = 0; round < ROUNDS; round += 1) await payment(round, journal, client, timed);
    return tell(took);
  } finally {
    await redis.stop();
  }
}

/** One payment from the opening of a look to its outcome, and a bare write beside it. */
async function payment(
  round: number,
  journal: Journal,
  client: { set: (key: string, value: string) => Promise<unknown> },
  timed: <T>(step: Step, work: () => Promise<T>) => Promise<T>,
): Promise<void> {
  await timed('bare write', () => client.set('bare', String(round)));
  const { epoch, redisNow } = await timed('open', () => journal.open());
  const now = systemClock.wall();
  const intent = anIntent(`bench-${String(round)}`, { epoch, policyDigest: 'digest', plannedAt: now });
  await timed('commit', () => journal.commit(epoch, 'digest', { ...commitWith(intent), lookedAt: redisNow }));
  const denied = await timed('claim', () => journal.claim(intent, 'digest', now + 3_000, now, null));
  if (denied !== null) throw new Error(`the claim was denied: ${denied}`);
  const fields = { note: '', ref: null, settledAt: now };
  await timed('outcome', () => journal.outcome(intent, 'confirmed', fields));
}

function tell(took: ReadonlyMap<Step, readonly number[]>): number {
  const bare = quantile(took.get('bare write') ?? [], 0.5);
  title('The journal: each step ÷ one bare write, on a Redis that syncs every write');
  line('bare write and its sync', `p50 ${ms(bare)}, p99 ${ms(quantile(took.get('bare write') ?? [], 0.99))}`);
  let whole = 0;
  for (const [step, samples] of took) {
    if (step === 'bare write') continue;
    whole += quantile(samples, 0.5);
    const [half, slow] = [quantile(samples, 0.5), quantile(samples, 0.99)];
    line(step, `p50 ${ratio(half, bare)} (${ms(half)}), p99 ${ratio(slow, bare)}`);
  }
  line('a payment, all four', `${ratio(whole, bare)} (${ms(whole)})`);
  return bare;
}
