import { expect } from 'chai';
import { CommitTail } from '../../persistence/commit-tail.ts';
import { aCommit } from '../support/messages.ts';

const commit = (number: number, characters = 10) => ({
  ...aCommit('a', number, number),
  json: 'x'.repeat(characters),
});
const numbers = (found: ReturnType<CommitTail['read']>) => found?.map((each) => each.commit);

describe('CommitTail', () => {
  it('gives what follows a commit, as far as it is durable and as much as is wanted', () => {
    const tail = new CommitTail();
    expect(tail.read(0, 0, 10)).to.equal(undefined);
    for (let number = 5; number <= 12; number += 1) tail.add(commit(number));
    expect(numbers(tail.read(4, 12, 3))).to.deep.equal([5, 6, 7]);
    expect(numbers(tail.read(9, 11, 10))).to.deep.equal([10, 11]);
    expect(numbers(tail.read(12, 12, 10))).to.deep.equal([]);
    expect(tail.read(3, 12, 10)).to.equal(undefined);
  });

  it('forgets the oldest when it holds too much, and everything after a failed write', () => {
    const tail = new CommitTail();
    const mebibyte = 1024 * 1024;
    for (let number = 1; number <= 20; number += 1) tail.add(commit(number, mebibyte));
    expect(tail.read(11, 20, 10)).to.equal(undefined);
    expect(numbers(tail.read(12, 20, 100))).to.deep.equal([13, 14, 15, 16, 17, 18, 19, 20]);
    tail.forget();
    expect(tail.read(12, 20, 100)).to.equal(undefined);
    tail.add(commit(13));
    expect(numbers(tail.read(12, 13, 100))).to.deep.equal([13]);
  });
});
