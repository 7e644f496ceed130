import { describe, expect, it } from 'vitest';
import { logScale, percentilePlace } from './scales';

describe('percentilePlace', () => {
  it('gives each nine the same width', () => {
    expect(percentilePlace(0)).toBeCloseTo(0);
    expect(percentilePlace(90)).toBeCloseTo(1 / 3);
    expect(percentilePlace(99)).toBeCloseTo(2 / 3);
    expect(percentilePlace(99.9)).toBeCloseTo(1);
    expect(percentilePlace(100)).toBeCloseTo(1);
  });
});

describe('logScale', () => {
  it('spans whole decades around the values', () => {
    const scale = logScale([3, 450]);
    expect(scale.ticks).toEqual([1, 10, 100, 1000]);
    expect(scale.place(1)).toBe(0);
    expect(scale.place(1000)).toBe(1);
    expect(scale.place(0)).toBe(0);
  });

  it('survives having nothing to show', () => {
    expect(logScale([]).ticks).toEqual([1, 10]);
    expect(logScale([0]).place(5)).toBeGreaterThan(0);
  });
});
