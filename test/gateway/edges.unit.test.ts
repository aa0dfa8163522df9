import { expect } from 'chai';
import { workflowIdFrom } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import { errorCodes, TradewrightError, type ErrorCode } from '../../contracts/errors.ts';
import { hostAllowed, hostNameOf, originAllowed } from '../../gateway/auth/hosts.ts';
import { AcceptedWorkflows } from '../../gateway/http/accepted.ts';
import { failureAnswer } from '../../gateway/http/failures.ts';

describe('host and origin checks', () => {
  it('read a Host header as a browser would, and refuse what is none', () => {
    expect(hostNameOf('LOCALHOST:80')).to.equal('localhost');
    expect(hostNameOf('[::1]:80')).to.equal('::1');
    for (const bad of [undefined, '', 'a b', 'x@localhost', 'localhost/..', 'localhost:notaport', '[::1']) {
      expect(hostNameOf(bad), String(bad)).to.equal(undefined);
    }
  });

  it('let any well-formed host in where the token guards', () => {
    expect(hostAllowed('desk.example', '0.0.0.0', [])).to.equal(true);
    expect(hostAllowed('desk.example', '127.0.0.1', [])).to.equal(false);
  });

  it('take scheme defaults into account for the same origin', () => {
    expect(originAllowed('https://desk.example', 'desk.example:443', [])).to.equal(true);
    expect(originAllowed('http://desk.example', 'desk.example:8080', [])).to.equal(false);
    expect(originAllowed('https://other.example', 'desk.example', ['https://other.example'])).to.equal(true);
    expect(originAllowed(undefined, 'desk.example', [])).to.equal(true);
  });
});

describe('the memory of accepted workflows', () => {
  const view = (key: string): WorkflowView => ({
    workflowId: workflowIdFrom(key),
    state: 'PENDING',
    needsPerson: false,
    labels: {},
    seq: 0,
    steps: [],
    compensations: [],
  });

  it('is bounded in number and age, and keeps the first view', () => {
    let now = 0;
    const clock: Clock = { now: () => now, schedule: () => () => undefined };
    const accepted = new AcceptedWorkflows(clock, { acceptedEntries: 3, acceptedTtlMs: 100 });
    for (const key of ['a', 'b', 'c', 'd']) accepted.remember(view(key));
    expect(accepted.size).to.equal(3);
    expect(accepted.get(workflowIdFrom('a'))).to.equal(undefined);
    accepted.remember({ ...view('d'), labels: { late: 'yes' } });
    expect(accepted.get(workflowIdFrom('d'))?.labels).to.deep.equal({});
    now = 101;
    expect(accepted.get(workflowIdFrom('d'))).to.equal(undefined);
    accepted.remember(view('e'));
    expect(accepted.size).to.equal(1);
  });
});

describe('what a client sees of an error', () => {
  it('is the code and message of ours', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const { status, failure, headers } = failureAnswer(new TradewrightError(code, 'why'), 'r1');
      expect(status, code).to.be.within(400, 503);
      expect(failure.code, code).to.equal(code);
      expect('retry-after' in headers, code).to.equal(status === 429 || status === 503);
    }
  });

  it('is nothing of any other', () => {
    const strange: unknown[] = [
      new Error('password=hunter2'),
      new TypeError('x is undefined'),
      'text',
      undefined,
      Object.assign(new Error('hunter2'), { statusCode: 500, code: 'X' }),
      Object.assign(new Error('hunter2'), { statusCode: 418, code: 'X' }),
      new TradewrightError('INTERNAL', 'hunter2'),
    ];
    for (const error of strange) expect(JSON.stringify(failureAnswer(error, 'r1'))).not.to.include('hunter2');
    expect(failureAnswer(new Error('x'), 'r1')).to.deep.equal({
      status: 500,
      headers: {},
      failure: {
        code: 'INTERNAL',
        kind: 'defect',
        message: 'a fault of ours; the log knows it under the request id',
        details: { requestId: 'r1' },
      },
    });
  });
});
