import { describe, expect, it, vi } from 'vitest';
import { OptionsError } from './errors.ts';
import { oAuthClientCredentials } from './adapters/express.ts';
import type { StoreEvent } from './cache/store-event.ts';
import { createTokenSource } from './outgoing/outgoing.ts';
import { createStoreChannel } from './store-listener.ts';
import { findClosedPort } from '../../testkit/src/scripted-server.ts';

const lost = (reason: string | undefined): StoreEvent => ({ kind: 'state', ready: false, reason });
const back: StoreEvent = { kind: 'state', ready: true, reason: undefined };

describe('events of the store', () => {
  it('cause a process warning each time that the store is lost', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const channel = createStoreChannel(undefined);
    for (const event of [lost('refused'), lost('refused still'), back, lost('frozen')])
      channel.publish(event);
    channel.publish({ kind: 'failure', operation: 'get', reason: 'no response within 250 ms' });
    expect(warn.mock.calls).toEqual([
      [
        'store unavailable, requests continue without it: refused',
        { type: 'GrantgateWarning', code: 'store_unavailable' },
      ],
      [
        'store unavailable, requests continue without it: frozen',
        { type: 'GrantgateWarning', code: 'store_unavailable' },
      ],
    ]);
  });

  it('are passed to the listener of the application instead of a warning, and errors of the listener have no effect', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const heard: StoreEvent[] = [];
    const channel = createStoreChannel((event) => {
      heard.push(event);
      if (event.kind === 'state' && event.ready) throw new Error('log is full');
    });
    channel.publish(lost('refused'));
    expect(warn).not.toHaveBeenCalled();
    channel.publish(back);
    expect(heard).toEqual([lost('refused'), back]);
    expect(warn).toHaveBeenCalledWith('onStoreEvent: log is full', {
      type: 'GrantgateWarning',
      code: 'listener_failed',
    });
  });

  it.each(['middleware', 'token source'])('reach the listener in the options of a %s', async (what) => {
    const port = await findClosedPort();
    const heard = await new Promise<StoreEvent>((resolve) => {
      const options = {
        url: 'https://as.example/token',
        clientID: 'a',
        clientSecret: 'b',
        store: { secret: '0123456789abcdef', redis: { endpoints: [`127.0.0.1:${port}`] } },
        onStoreEvent(event: StoreEvent) {
          resolve(event);
          void opened.close();
        },
      };
      const opened = what === 'middleware' ? oAuthClientCredentials(options) : createTokenSource(options);
    });
    expect(heard).toMatchObject({ kind: 'state', ready: false });
    expect((heard as { reason: string }).reason).toBe('connection refused');
  });

  it('reach no listener in the options of a file', () => {
    const input = { url: 'https://as.example/token', onstoreevent: 'x' };
    expect(() => oAuthClientCredentials(input)).toThrow(OptionsError);
  });
});
