import { expect } from 'chai';
import { taskIdFrom } from '../../contracts/ids.ts';
import { canonicalJson } from '../../messaging/canonical-json.ts';
import { parseSignalIn, parseTask } from '../../messaging/index.ts';
import { isSafeReplyTo } from '../../messaging/reply-subject.ts';

const raw = (subject: string, body: unknown, headers: Record<string, string> = {}) => ({
  subject,
  bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  headers,
  storedAt: 1_700_000_000_000,
  streamSeq: 7,
});
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('parseTask', () => {
  it('fills a task of a plain publisher from subject, headers and storage time', () => {
    const parsed = parseTask(
      raw('tasks.high.echo', { payload: { n: 1 } }, { 'nats-msg-id': 'abc', traceparent: trace }),
    );
    expect(parsed).to.deep.equal({
      kind: 'task',
      journey: {
        attempts: 0,
        replays: 0,
        origin: '7@1700000000000',
        firstStoredAt: 1_700_000_000_000,
      },
      task: {
        schema: 'tradewright.task/1',
        id: taskIdFrom('msg:abc'),
        type: 'echo',
        lane: 'high',
        payload: { n: 1 },
        createdAt: 1_700_000_000_000,
        dedupKey: 'msg:abc',
        maxRetries: 3,
        timeoutMs: 300_000,
        traceparent: trace,
      },
    });
  });

  it('gives equal contents without an id the same key, other contents another one', () => {
    const keyOf = (body: unknown) => {
      const parsed = parseTask(raw('tasks.low.echo', body));
      return parsed.kind === 'task' ? parsed.task.dedupKey : parsed.failure.code;
    };
    expect(keyOf({ payload: 1 })).to.equal(keyOf({ payload: 1 }));
    expect(keyOf({ payload: 1 })).not.to.equal(keyOf({ payload: 2 }));
  });

  const refused: readonly (readonly [string, ReturnType<typeof raw>, string])[] = [
    ['text that is not JSON', raw('tasks.low.echo', '{"payload":'), 'JSON_MALFORMED'],
    [
      'bytes that are not UTF-8',
      { ...raw('tasks.low.echo', ''), bytes: Buffer.from([0x22, 0xff, 0x22]) },
      'JSON_MALFORMED',
    ],
    ['a bare value', raw('tasks.low.echo', '5'), 'INPUT_INVALID'],
    ['no payload', raw('tasks.low.echo', {}), 'INPUT_INVALID'],
    ['a lane that does not exist', raw('tasks.urgent.echo', { payload: 1 }), 'INPUT_INVALID'],
    ['a type of two tokens', raw('tasks.low.echo.x', { payload: 1 }), 'INPUT_INVALID'],
    [
      'a lane that contradicts the subject',
      raw('tasks.low.echo', { payload: 1, lane: 'high' }),
      'INPUT_INVALID',
    ],
    [
      'a reply to the server itself',
      raw('tasks.low.echo', { payload: 1, replyTo: '$JS.API.INFO' }),
      'INPUT_INVALID',
    ],
    [
      'a reply into our outbox',
      raw('tasks.low.echo', { payload: 1, replyTo: 'outbox.signals.a.b.c' }),
      'INPUT_INVALID',
    ],
    ['a size beyond the limit', raw('tasks.low.echo', { payload: 'x'.repeat(300_000) }), 'INPUT_TOO_LARGE'],
    [
      'nesting that would overflow a serialiser',
      raw('tasks.low.echo', `{"payload":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
      'INPUT_INVALID',
    ],
  ];
  for (const [what, message, code] of refused) {
    it(`refuses ${what}`, () => {
      const parsed = parseTask(message);
      expect(parsed.kind === 'malformed' ? parsed.failure.code : parsed).to.equal(code);
    });
  }

  it('is not misled about depth by brackets inside of strings', () => {
    expect(parseTask(raw('tasks.low.echo', { payload: `\\"${'['.repeat(500)}` })).kind).to.equal('task');
  });
});

describe('parseSignalIn', () => {
  const signal = { id: 's1', action: 'buy', price: 10, time: '2020-01-02T00:00:00Z' };

  it('takes the symbol from the subject and fills the rest', () => {
    const parsed = parseSignalIn(raw('signals.in.BRK_2EB', signal));
    expect(parsed).to.deep.include({ kind: 'signal' });
    expect(parsed.kind === 'signal' ? parsed.signal : parsed).to.include({
      symbol: 'BRK.B',
      source: 'unknown',
      mode: 'paper',
    });
  });

  it('refuses with the id and reply subject that could be read', () => {
    const parsed = parseSignalIn(raw('signals.in.SPX', { ...signal, price: -1, replyTo: 'my.answers' }));
    expect(parsed).to.deep.include({ kind: 'refused', id: 's1', symbolToken: 'SPX', replyTo: 'my.answers' });
  });

  it('never answers on a reply subject of the server or of ours', () => {
    for (const replyTo of ['$SYS.REQ', 'signals.out.SPX.a.b', 'tasks.low.x', 'a.>', 'a b', 'a..b']) {
      const parsed = parseSignalIn(raw('signals.in.SPX', { ...signal, replyTo }));
      expect(parsed, replyTo).to.deep.include({ kind: 'refused', replyTo: undefined });
    }
  });

  it('refuses a symbol other than the one of the subject', () => {
    expect(parseSignalIn(raw('signals.in.SPX', { ...signal, symbol: 'AAPL' })).kind).to.equal('refused');
  });

  it('lets no token that is not ours back into a subject, however long', () => {
    for (const token of ['a$b', '!'.repeat(1_400), 'A'.repeat(97)]) {
      const parsed = parseSignalIn(raw(`signals.in.${token}`, '?'));
      expect(parsed).to.include({ kind: 'refused', symbolToken: 'unknown' });
    }
    expect(parseSignalIn(raw('signals.in.BRK_2EB', '?'))).to.include({ symbolToken: 'BRK_2EB' });
  });
});

describe('small parts of messaging', () => {
  it('writes equal contents as equal text, whatever the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: undefined })).to.equal(
      canonicalJson({ b: [1, { c: 2, d: 1 }] }),
    );
    expect(canonicalJson([1, 2])).not.to.equal(canonicalJson([2, 1]));
  });

  it('knows inboxes and plain subjects as safe to answer on', () => {
    expect(['_INBOX.abc.1', 'my.answers'].every(isSafeReplyTo)).to.equal(true);
  });
});
