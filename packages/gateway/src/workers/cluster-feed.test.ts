import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document } from '../config/document.ts';
import type { Problem } from '../config/place.ts';
import type { ClusterFeed } from './cluster-feed.ts';
import { createClusterFeed } from './cluster-feed.ts';
import type { ClusterMessage, ClusterOutput } from './cluster-messages.ts';
import { createPrimaryCluster } from './primary-cluster.ts';

const toDocument = (name: string, value: unknown = {}): Document => {
  const object = { kind: 'IngressRoute', namespace: 'apps', name };
  const place = { file: `kubernetes/IngressRoute/apps/${name}`, line: 0, column: 0, object };
  return { file: place.file, value, placeOf: () => place };
};

function open() {
  let emit = (_output: ClusterOutput): void => {};
  let waitsFor: readonly string[] = ['the Services of all namespaces'];
  const reported: (readonly Problem[])[] = [];
  const feed = createClusterFeed({
    start: async (next) => void (emit = next),
    waitsFor: () => waitsFor,
    report: (problems) => void reported.push(problems),
    close() {},
  });
  return {
    feed,
    reported,
    emit: (...documents: readonly Document[]): void => emit({ documents, problems: [] }),
    waitFor: (next: readonly string[]): void => {
      waitsFor = next;
      feed.progress();
    },
  };
}

/** A worker of the feed; its messages go through a channel between processes. */
function join(feed: ClusterFeed) {
  const outputs: ClusterOutput[] = [];
  const messages: ClusterMessage[] = [];
  const cluster = createPrimaryCluster((problems) => feed.report(structuredClone(problems)));
  const leave = feed.subscribe((message) => {
    const received = structuredClone(message);
    messages.push(received);
    cluster.take(received);
  });
  return { cluster, outputs, messages, leave, start: () => cluster.start((output) => outputs.push(output)) };
}

const valuesOf = (output: ClusterOutput | undefined): unknown =>
  output?.documents.map(({ placeOf, ...rest }) => ({ ...rest, place: placeOf([]) }));

describe('the cluster that a primary follows', () => {
  it('is the same in each worker as in the primary, whenever the worker joins', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 8 }), fc.nat(7), (steps, later) => {
        const { feed, emit } = open();
        const known = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, toDocument(name)]));
        const first = join(feed);
        void first.start();
        for (const [index, step] of steps.entries()) {
          const second = index === later ? join(feed) : undefined;
          void second?.start();
          // One of them is another object each time.
          known.set('c', toDocument('c', { step: index }));
          const documents = step.map((name) => known.get(name)!);
          emit(...documents);
          for (const worker of [first, second].filter((one) => one !== undefined))
            expect(valuesOf(worker.outputs.at(-1))).toEqual(valuesOf({ documents, problems: [] }));
        }
      }),
    );
  });

  it('is sent to a worker as differences: an unchanged document stays the same object', () => {
    const { feed, emit } = open();
    const [a, b, c] = [toDocument('a'), toDocument('b'), toDocument('c')];
    const { outputs, messages, start } = join(feed);
    void start();
    emit(a, b, c);
    emit(a, toDocument('b', { changed: true }), c);
    expect(messages.at(-1)).toMatchObject({ start: 1, end: 1, documents: [{ value: { changed: true } }] });
    expect(outputs[1]?.documents[0]).toBe(outputs[0]?.documents[0]);
    expect(outputs[1]?.documents[2]).toBe(outputs[0]?.documents[2]);
    emit(c, a);
    expect(messages.at(-1)).toMatchObject({ documents: [3, 1] });
    expect(outputs[2]?.documents).toEqual([outputs[0]?.documents[2], outputs[0]?.documents[0]]);
  });

  it('starts a worker with the first output and the reasons for not being ready', async () => {
    const { feed, emit, waitFor } = open();
    const { cluster, outputs, start } = join(feed);
    expect(cluster.waitsFor()).toEqual(['the Services of all namespaces']);
    let started = false;
    const starting = start().then(() => (started = true));
    await Promise.resolve();
    expect(started).toBe(false);
    emit(toDocument('a'));
    await starting;
    expect(outputs).toHaveLength(1);
    waitFor([]);
    expect(cluster.waitsFor()).toEqual([]);
    expect(join(feed).cluster.waitsFor()).toEqual([]);
  });

  it('receives problems, and sends nothing more to a worker that has left', () => {
    const { feed, emit, reported } = open();
    const { cluster, outputs, start, leave } = join(feed);
    void start();
    const problem: Problem = {
      severity: 'error',
      place: toDocument('a').placeOf([]),
      code: 'invalid_value',
      path: 'url',
      message: 'expected a URL',
    };
    cluster.report([problem]);
    expect(reported).toEqual([[problem]]);
    leave();
    emit(toDocument('a'));
    expect(outputs).toEqual([]);
  });
});
