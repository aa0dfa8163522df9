import { expect } from 'chai';
import type { WsMessage } from '../../contracts/api.ts';
import { Terminal } from '../../app/demo/terminal.ts';

describe('the demo’s terminal', () => {
  it('A22 shows what models wrote without obeying it', () => {
    const lines: string[] = [];
    const terminal = new Terminal((line) => lines.push(line));
    const workflowId = 'wf_aaaaaaaaaaaaaaaaaaaaaaaaaa';
    terminal.show({
      type: 'live',
      workflowId,
      channel: 'reasoning',
      text: 'wait\u001b]0;title\u0007\n',
    } as WsMessage);
    terminal.show({
      type: 'event',
      event: {
        fact: { type: 'WorkflowCancelled', by: 'me', reason: '\u009b2J\u202egone', needsPerson: false },
      },
    } as WsMessage);
    expect(lines).to.have.length(2);
    expect(lines[0]).to.include('wait\\u001b]0;title\\u0007');
    expect(lines[1]).to.include('CANCELLED: \\u009b2J\\u202egone');
  });
});
