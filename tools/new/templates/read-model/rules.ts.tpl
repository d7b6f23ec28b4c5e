/** The rules of the questions to {{name}}, by path. */
export const {{name}}Rules = {
};
