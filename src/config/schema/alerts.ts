/** Shape of `alerts`: who is told what, how often, and who is told that all is well. */
import { z } from 'zod';
import { TOPICS } from '../../core/topics.ts';
import { DAY_MS, duration, HOUR_MS } from '../units.ts';
import { given, name, oneOf } from '../words.ts';

/** How a message is written for a service. */
export const PRESETS = ['telegram', 'slack', 'discord', 'ntfy', 'apprise', 'webhook', 'mail'] as const;

const url = given.meta({
  description:
    'Address, best as a reference, since it often holds a token: `https://api.telegram.org/botTOKEN?chat_id=ID`, the webhook address that Slack or Discord gave, `https://ntfy.sh/TOPIC`, `https://HOST/notify/KEY` of an Apprise API, `smtps://USER:PASSWORD@HOST/?from=ADDRESS&to=ADDRESS` (`smtp://` begins open and changes to TLS), or any address that takes JSON.',
  example: '${env:NAME}',
});

const channel = z.strictObject({
  url,
  preset: oneOf(PRESETS).optional().meta({
    description:
      'How a message is written. Default: by the host, `mail` for smtp, else `webhook`. `apprise` and services of your own must be named.',
  }),
  least: oneOf(['warning', 'critical']).prefault('warning').meta({ description: 'What is milder is not told here.' }),
  topics: z
    .array(oneOf(TOPICS))
    .min(1)
    .optional()
    .meta({ description: 'Only alerts about these. Without it, all.', example: 'loan' }),
  accounts: z
    .array(name)
    .min(1)
    .optional()
    .meta({ description: 'Only alerts of these accounts, and of the server itself. Without it, all.' }),
});

function wait(byDefault: string, leastMs: number, mostMs: number, description: string) {
  return duration(leastMs, mostMs, byDefault).prefault(byDefault).meta({ description });
}

export const alertsSchema = z.strictObject({
  to: z
    .record(z.string(), z.union([url, channel]))
    .prefault({})
    .meta({
      description:
        'Channels: any name, and an address or a map with `url`. Two at different companies, because one may be down with your venue.',
    }),
  deadMan: given.optional().meta({
    description:
      'https URL that is pinged while every unpaused loan is evaluated on fresh data; else `/fail` behind its path is. The service behind it raises the alarm when the pings stop. May be a reference.',
  }),
  deadManEvery: wait('1m', 100, HOUR_MS, 'Between two of those pings.'),
  repeat: z
    .array(duration(10, DAY_MS, '15m'))
    .min(1)
    .prefault(['1m', '5m', '15m'])
    .meta({
      description:
        'A critical alert is told again so long after it was first told, then every last one of these, until it is acknowledged.',
    }),
  calm: wait(
    '1m',
    1,
    DAY_MS,
    'What ended is told as over when it has stayed away for so long. What comes back before that was never over.',
  ),
  quiet: wait('15m', 1, DAY_MS, 'What happens again and again is told once in this time, with the count.'),
  drill: z
    .union([oneOf(['off']), duration(1_000, 366 * DAY_MS, '30d')])
    .prefault('30d')
    .meta({
      description:
        'You are reminded when `ballast alert test` has not reached a channel for so long, counted from when it was first seen; or `off`.',
    }),
  spacing: wait('10s', 1, HOUR_MS, 'Between two messages of one channel. What comes meanwhile is told in one message.'),
});

export type AlertsShape = z.output<typeof alertsSchema>;
