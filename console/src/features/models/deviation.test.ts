import { expect, it } from 'vitest';
import { deviation } from './deviation';

it.each([
  [1000, 1000, 'to the byte'],
  [1000, 1001, 'within 1 %'],
  [1000, 990, 'within 1 %'],
  [1000, 1068, '7 % over'],
  [1000, 870, '13 % under'],
  [1000, 2500, '150 % over'],
  [0, 1000, 'unknown'],
  [1000, 0, 'unknown'],
])('predicted %d and held %d is %s', (predicted, held, words) => {
  expect(deviation(predicted, held)).toBe(words);
});
