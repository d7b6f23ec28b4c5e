export { {{name}}Projection } from './projection.ts';
