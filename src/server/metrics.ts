/** `/metrics`, in the text format of Prometheus. Read with the token, where reading needs one. */
import type { FastifyInstance } from 'fastify';
import type { Snapshot } from './snapshots.ts';

export interface Exposition {
  readonly contentType: string;
  /** @param snapshot `null`: the journal cannot be read, and what this process knows by itself is told all the same */
  text(snapshot: Snapshot | null): Promise<string>;
}

/** @param newest the reading that pages share, not older than a second; `null` when there is none */
export function addMetrics(
  http: FastifyInstance,
  exposition: Exposition,
  newest: () => Promise<Snapshot | null>,
): void {
  http.get('/metrics', async (_, reply) =>
    reply.type(exposition.contentType).send(await exposition.text(await newest())),
  );
}
