/** Reads `alerts`: each channel with the way its messages are written and what it takes; and says it in words. */
import type { References } from './references.ts';
import type { Report } from './report.ts';
import { readPart } from './issues.ts';
import { SECTIONS } from './schema.ts';
import type { AlertsShape } from './schema/alerts.ts';
import { alertsSchema } from './schema/alerts.ts';
import { urlOf } from './server.ts';
import type { Path } from './tree.ts';
import type { AlertChannel, AlertPreset, AlertsConfig } from './types.ts';
import { durationText } from './units.ts';

interface About {
  readonly report: Report;
  readonly references: References;
  /** Real money may move. */
  readonly live: boolean;
  /** Accounts of the file. */
  readonly names: readonly string[];
}

export function readAlerts(about: About): AlertsConfig {
  const { report, references, live } = about;
  const shape = readPart(report, SECTIONS.alerts, ['alerts']) ?? alertsSchema.parse({});
  const { deadManEvery: deadManEveryMs, repeat: repeatMs, calm: calmMs, quiet: quietMs, spacing: spacingMs } = shape;
  const drillMs = shape.drill === 'off' ? null : shape.drill;
  const to = Object.entries(shape.to).flatMap(([name, given]) => channelOf(about, name, given));
  growing(report, repeatMs);
  const path = ['alerts', 'deadMan'];
  const deadMan = shape.deadMan === undefined ? undefined : references.secret(shape.deadMan, path);
  if (deadMan !== undefined) urlOf(report, path, deadMan, HTTP);
  if (live) warnOfSilence(report, to, shape.deadMan !== undefined);
  return { to, deadMan: deadMan ?? null, deadManEveryMs, repeatMs, calmMs, quietMs, spacingMs, drillMs };
}

const HTTP = ['https:', 'http:'];
const MAIL = ['smtp:', 'smtps:'];

function channelOf(
  { report, references, names }: About,
  name: string,
  given: AlertsShape['to'][string],
): readonly AlertChannel[] {
  const path: Path = ['alerts', 'to', name];
  const isMap = 'url' in given;
  const where = isMap ? [...path, 'url'] : path;
  const url = references.secret(isMap ? given.url : given, where);
  const parsed = url === undefined ? undefined : urlOf(report, where, url, [...HTTP, ...MAIL]);
  if (url === undefined || parsed === undefined) return [];
  const { preset: chosen, least = 'warning', topics = null, accounts = null } = isMap ? given : {};
  const preset = chosen ?? presetOf(parsed);
  if ((preset === 'mail') !== MAIL.includes(parsed.protocol)) {
    report.error(
      [...path, 'preset'],
      'does not fit the address',
      'mail goes to smtp:// or smtps://, all else to https://',
    );
  } else {
    const lack = lackOf(preset, parsed);
    if (lack !== null) report.error(where, lack.says, lack.remedy);
  }
  for (const account of (accounts ?? []).filter((one) => !names.includes(one))) {
    report.error([...path, 'accounts'], `\`${account}\` is no account of this file`, `there is: ${names.join(', ')}`);
  }
  return [{ name, url, host: parsed.host, preset, least, topics, accounts }];
}

const HOSTS: readonly (readonly [RegExp, AlertPreset])[] = [
  [/^api\.telegram\.org$/, 'telegram'],
  [/^hooks\.slack\.com$/, 'slack'],
  [/^(?:[\w-]+\.)?discord(?:app)?\.com$/, 'discord'],
  [/^ntfy\.sh$/, 'ntfy'],
];

function presetOf({ protocol, hostname }: URL): AlertPreset {
  if (MAIL.includes(protocol)) return 'mail';
  return HOSTS.find(([host]) => host.test(hostname))?.[1] ?? 'webhook';
}

interface Lack {
  readonly says: string;
  readonly remedy: string;
}

/** What an address needs and lacks. It is quoted nowhere. */
function lackOf(preset: AlertPreset, { pathname, searchParams }: URL): Lack | null {
  if (preset === 'telegram') {
    const isBot = /^\/bot[^/]+(?:\/sendMessage)?\/?$/.test(pathname);
    if (isBot && searchParams.has('chat_id')) return null;
    return { says: 'is no address of a Telegram chat', remedy: 'write https://api.telegram.org/botTOKEN?chat_id=ID' };
  }
  if (preset === 'ntfy' && pathname.replaceAll('/', '') === '') {
    return { says: 'names no topic', remedy: 'write https://ntfy.sh/TOPIC, with a topic that nobody guesses' };
  }
  const isAddress = (key: string): boolean => (searchParams.get(key) ?? '').includes('@');
  if (preset !== 'mail' || (isAddress('from') && isAddress('to'))) return null;
  return { says: 'does not say from whom and to whom', remedy: 'end it with `/?from=ADDRESS&to=ADDRESS`' };
}

function growing(report: Report, steps: readonly number[]): void {
  if (steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0))) return;
  report.error(['alerts', 'repeat'], 'does not grow', 'write the waits since the first telling, e.g. [1m, 5m, 15m]');
}

function warnOfSilence(report: Report, to: readonly AlertChannel[], hasDeadMan: boolean): void {
  const hosts = new Set(to.filter(({ topics }) => topics === null).map(({ host }) => host));
  if (hosts.size < 2) {
    report.warn(
      ['alerts', 'to'],
      'a live server tells fewer than two companies when something is wrong',
      'add a second channel elsewhere, for all topics: one may be down with your venue',
    );
  }
  if (hasDeadMan) return;
  report.warn(
    ['alerts', 'deadMan'],
    'nobody notices when the server itself is gone',
    'add the address of a service that alarms when pings stop',
  );
}

/** What would be sent where (`ballast check`). */
export function alertsInWords({ to, deadMan, deadManEveryMs, repeatMs, calmMs }: AlertsConfig): readonly string[] {
  const last = durationText(repeatMs.at(-1) ?? 0);
  const steps = `${repeatMs.map(durationText).join(', ')}, then every ${last}`;
  const none = 'nobody is told: alerts are printed, and listed by `ballast alert list`';
  return [
    ...(to.length === 0 ? [none] : to.map(channelWords)),
    ...(to.length === 0
      ? []
      : [
          `a warning is told once; a critical alert again after ${steps}, until it is acknowledged, and whenever the cushion is halved; as over after ${durationText(calmMs)}`,
        ]),
    deadMan === null
      ? 'no dead-man ping: nobody notices when this server is gone'
      : `a dead-man ping every ${durationText(deadManEveryMs)} while every unpaused loan is seen on fresh data`,
  ];
}

export function channelWords({ name, host, preset, least, topics, accounts }: AlertChannel): string {
  const what = least === 'critical' ? 'critical alerts' : 'warnings and critical alerts';
  const about = topics === null ? '' : ` about ${topics.join(', ')}`;
  const whose = accounts === null ? '' : ` of ${accounts.join(', ')} and of the server itself`;
  return `${name} (${preset} at ${host}): ${what}${about}${whose}`;
}
