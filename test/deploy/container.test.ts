/** The container files promise a narrow place to live in; what they name is there. No container engine is needed to see that. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { ROOT } from '../docs/pages.ts';

interface Service {
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly tmpfs: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
  readonly stop_grace_period: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: { readonly ballast: Service; readonly redis: Service };
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const read = (name: string): string => readFileSync(join(ROOT, 'deploy/container', name), 'utf8');
const compose = parse(read('compose.yaml')) as Compose;
const { ballast, redis } = compose.services;
const steps = read('Containerfile')
  .replace(/\\\n\s*/g, '')
  .split('\n');
const step = (name: string): string =>
  steps.findLast((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';

describe('compose.yaml', () => {
  it.each(Object.entries(compose.services))(
    'gives %s no rights, no root, and nothing to write but its volumes',
    (_, one) => {
      expect(one).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(one.user).toMatch(/^(?:1000:1000|redis)$/);
      expect(one.tmpfs.every((mount) => /^\/tmp:.*noexec/.test(mount))).toBe(true);
      expect(Number(/^(\d+)s$/.exec(one.stop_grace_period)?.[1])).toBeGreaterThanOrEqual(30);
      expect(one.healthcheck.test[0]).toBe('CMD');
    },
  );

  it('has a Redis that forgets nothing, that only Ballast reaches, and that is there first', () => {
    expect(redis.command?.join(' ')).toMatch(/--appendonly yes --appendfsync always --maxmemory-policy noeviction/);
    expect([redis.ports, redis.networks, compose.networks['journal']?.internal]).toEqual([
      undefined,
      ['journal'],
      true,
    ]);
    expect(redis.volumes).toEqual(['journal:/data']);
    expect(ballast.depends_on).toEqual({ redis: { condition: 'service_healthy' } });
  });

  it('shows the page to this machine only', () => {
    expect(ballast.ports).toEqual(['127.0.0.1:8420:8420']);
  });

  it('asks in both files the same, of a path that the server answers', () => {
    const [, ...command] = ballast.healthcheck.test;
    expect(steps.find((line) => line.startsWith('HEALTHCHECK'))).toContain(
      `["${command.slice(0, 2).join('", "')}", "${command[2] ?? ''}"]`,
    );
    expect(command[2]).toContain("'http://127.0.0.1:8420/livez'");
  });
});

describe('the policy file beside it', () => {
  it('is right, moves nothing real, and names what compose brings', () => {
    const asked: string[] = [];
    const config = loadConfig({
      path: '/etc/ballast/config.yaml',
      text: read('config.yaml'),
      env: {},
      readSecret: (path) => {
        asked.push(path);
        return 'a token that is long enough';
      },
      overrides: {},
    });
    expect(asked).toEqual(Object.keys(compose.secrets).map((name) => `/run/secrets/${name}`));
    expect(config.accounts.map(({ sends }) => sends)).toEqual(['simulated']);
    expect(config.redis).toMatchObject({ kind: 'url' });
    expect(config.redis.kind === 'url' && new URL(config.redis.url.reveal()).hostname).toBe('redis');
    expect(Object.keys(compose.services)).toContain('redis');
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: 8420 });
    expect(ballast.volumes).toContain('./config.yaml:/etc/ballast/config.yaml:ro');
  });
});

describe('Containerfile', () => {
  it('ends as somebody who is not root, in the one folder that may be written', () => {
    expect([step('USER'), step('WORKDIR'), step('VOLUME')]).toEqual(['node', '/var/lib/ballast', '/var/lib/ballast']);
    expect(ballast.volumes).toContain('witness:/var/lib/ballast');
    expect(step('STOPSIGNAL')).toBe('SIGTERM');
  });

  it('runs a command line of Ballast', () => {
    expect(JSON.parse(step('ENTRYPOINT'))).toEqual(['ballast']);
    expect(JSON.parse(step('CMD'))).toEqual(['start', '--config', '/etc/ballast/config.yaml']);
    expect(step('RUN')).toContain('/opt/ballast/node_modules/.bin/ballast');
  });
});
