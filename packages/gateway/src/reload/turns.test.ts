import { describe, expect, it } from 'vitest';
import type { Parts } from './turns.ts';
import { createTurns, finish } from './turns.ts';

/** Work of three parts that records each of them. */
function create() {
  const done: string[] = [];
  const later: (() => void)[] = [];
  const turns = createTurns((run) => void later.push(run));
  const work = (name: string) =>
    function* (): Parts {
      done.push(`${name}1`);
      yield;
      done.push(`${name}2`);
      yield;
      done.push(`${name}3`);
    };
  return { done, turns, work, later, turn: () => later.shift()?.() };
}

describe('turns', () => {
  it('run one part at a time', () => {
    const { done, turns, work, later, turn } = create();
    turns.run(work('a'));
    expect(done).toEqual([]);
    turn();
    expect(done).toEqual(['a1']);
    turn();
    turn();
    expect(done).toEqual(['a1', 'a2', 'a3']);
    expect(later).toEqual([]);
  });

  it('finish the current work before they start the newest waiting work', () => {
    const { done, turns, work, later, turn } = create();
    turns.run(work('a'));
    turn();
    turns.run(work('b'));
    turns.run(work('c'));
    while (later.length > 0) turn();
    expect(done).toEqual(['a1', 'a2', 'a3', 'c1', 'c2', 'c3']);
  });

  it('finish the current work when they are closed, and start nothing more', () => {
    const { done, turns, work, later, turn } = create();
    turns.run(work('a'));
    turn();
    turns.run(work('b'));
    turns.close();
    turns.run(work('c'));
    while (later.length > 0) turn();
    expect(done).toEqual(['a1', 'a2', 'a3']);
  });

  it('continue after work that failed', () => {
    const { done, turns, work, turn } = create();
    turns.run(function* () {
      yield;
      throw new Error('broken');
    });
    turn();
    expect(turn).toThrow('broken');
    turns.run(work('a'));
    turn();
    expect(done).toEqual(['a1']);
  });

  it('follow at once by default, including work that other work adds', () => {
    const done: string[] = [];
    const turns = createTurns();
    turns.run(function* () {
      done.push('a1');
      turns.run(function* () {
        done.push('b1');
        yield;
        done.push('b2');
      });
      yield;
      done.push('a2');
    });
    expect(done).toEqual(['a1', 'a2', 'b1', 'b2']);
  });
});

it('finish work with its result', () => {
  const work = function* (): Parts<number> {
    yield;
    return 3;
  };
  expect(finish(work())).toBe(3);
});
