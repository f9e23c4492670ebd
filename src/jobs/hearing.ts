/**
 * Questions to every server of a Redis, and their answers: how an operator's command reaches running processes that keep
 * something the journal does not hold, like the policy file they act by. A question is heard by whoever is connected in
 * that moment; a server that freezes is counted and does not answer.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Clock } from '../clock.ts';

const QUESTIONS = 'ballast:questions';
const ANSWERS = 'ballast:answers:';
const ANSWERS_KEPT_MS = 60_000;
const ASK_EVERY_MS = 25;

interface Letter<Question> {
  readonly id: string;
  readonly question: Question;
}

export interface Answers<Answer> {
  /** Servers that heard it. */
  readonly asked: number;
  readonly answers: readonly Answer[];
}

/** Resolves when all have answered, or after `withinMs` with what there is. */
export async function ask<Question, Answer>(
  redis: Redis,
  clock: Clock,
  question: Question,
  withinMs: number,
): Promise<Answers<Answer>> {
  const letter: Letter<Question> = { id: randomUUID(), question };
  const asked = await redis.publish(QUESTIONS, JSON.stringify(letter));
  const giveUpAt = clock.mono() + withinMs;
  for (;;) {
    const texts = await redis.lrange(ANSWERS + letter.id, 0, -1);
    if (texts.length >= asked || clock.mono() >= giveUpAt) {
      return { asked, answers: texts.map((text) => JSON.parse(text) as Answer) };
    }
    await clock.sleep(ASK_EVERY_MS);
  }
}

export interface HearingOptions<Question, Answer> {
  /** Answers go through it; the ear is a connection of its own, made like this one. */
  readonly redis: Redis;
  readonly answer: (question: Question) => Promise<Answer>;
  readonly onError: (error: Error) => void;
}

/** From here on this process hears. Questions are answered one after the other. @returns what ends it */
export async function hear<Question, Answer>(options: HearingOptions<Question, Answer>): Promise<() => Promise<void>> {
  const { redis, answer, onError } = options;
  const ear = redis.duplicate();
  ear.on('error', onError);
  let turn = Promise.resolve();
  const reply = async (text: string): Promise<void> => {
    const { id, question } = JSON.parse(text) as Letter<Question>;
    const key = ANSWERS + id;
    await redis
      .multi()
      .rpush(key, JSON.stringify(await answer(question)))
      .pexpire(key, ANSWERS_KEPT_MS)
      .exec();
  };
  ear.on('message', (_channel, text: string) => {
    turn = turn
      .then(() => reply(text))
      .catch((error: unknown) => {
        onError(error instanceof Error ? error : new Error(String(error)));
      });
  });
  await ear.connect();
  await ear.subscribe(QUESTIONS);
  return async () => {
    ear.disconnect();
    await turn;
  };
}
