import { createRequire } from 'node:module';
import { Ajv, type Options } from 'ajv';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { asyncApi } from '../../contracts/async-api.ts';
import { aTask } from '../support/messages.ts';

const require = createRequire(import.meta.url);
const specification = require('@asyncapi/specs/schemas/3.0.0.json') as object;

function validator(options: Options = {}): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true, ...options });
  addFormats.default(ajv);
  return ajv;
}
/** As it is served: without what is undefined. */
const document = () => JSON.parse(JSON.stringify(asyncApi())) as ReturnType<typeof asyncApi>;

describe('the AsyncAPI document', () => {
  it('is a valid AsyncAPI 3 document', () => {
    // The specification brings the schema of schemas along.
    const ajv = validator({ meta: false, validateSchema: false });
    const valid = ajv.validate(specification, document());
    expect(ajv.errors ?? [], JSON.stringify(ajv.errors?.slice(0, 3))).to.deep.equal([]);
    expect(valid).to.equal(true);
    // And the check itself is one.
    expect(ajv.validate(specification, { ...document(), channels: { tasks: { adress: 'x' } } })).to.equal(
      false,
    );
  });

  it('describes what is taken: a task of one field, not one without a payload', () => {
    const { components } = document() as { components: { schemas: Record<string, object> } };
    const ajv = validator();
    const task = components.schemas['Task'] ?? {};
    expect(ajv.validate(task, { payload: { n: 1 } })).to.equal(true);
    expect(ajv.validate(task, aTask('a'))).to.equal(true);
    expect(ajv.validate(task, { payload: 1, maxRetries: -1 })).to.equal(false);
    const signal = components.schemas['SignalIn'] ?? {};
    expect(
      ajv.validate(signal, { id: 's', symbol: 'SPX', action: 'buy', price: 1, time: '2020-01-02T15:30:00Z' }),
    ).to.equal(true);
    expect(ajv.validate(signal, { id: 's', symbol: 'SPX', action: 'dance', price: 1 })).to.equal(false);
  });
});
