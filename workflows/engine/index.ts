/** What a workflow is defined with. */
export { defineWorkflow } from './definition.ts';
export { nodesOf } from './nodes.ts';
export { forkOf } from './fork.ts';
