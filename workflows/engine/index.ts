/** What a workflow is defined with. */
export { defineWorkflow, stepsOf, WorkflowRegistry } from './definition.ts';
export { nodesOf } from './nodes.ts';
export { forkOf } from './fork.ts';
