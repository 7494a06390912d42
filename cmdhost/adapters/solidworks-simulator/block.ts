import type { Model } from './model.ts';

export type Point = readonly [x: number, y: number, z: number];
export interface Face {
  readonly normal: Point;
  /** Anticlockwise, seen from outside. */
  readonly corners: readonly [Point, Point, Point, Point];
}

/** The six faces of the model's block, one corner of which lies in the origin. */
export function facesOf({ size: [x, y, z] }: Model): readonly Face[] {
  return [
    {
      normal: [0, 0, -1],
      corners: [
        [0, 0, 0],
        [0, y, 0],
        [x, y, 0],
        [x, 0, 0],
      ],
    },
    {
      normal: [0, 0, 1],
      corners: [
        [0, 0, z],
        [x, 0, z],
        [x, y, z],
        [0, y, z],
      ],
    },
    {
      normal: [0, -1, 0],
      corners: [
        [0, 0, 0],
        [x, 0, 0],
        [x, 0, z],
        [0, 0, z],
      ],
    },
    {
      normal: [0, 1, 0],
      corners: [
        [0, y, 0],
        [0, y, z],
        [x, y, z],
        [x, y, 0],
      ],
    },
    {
      normal: [-1, 0, 0],
      corners: [
        [0, 0, 0],
        [0, 0, z],
        [0, y, z],
        [0, y, 0],
      ],
    },
    {
      normal: [1, 0, 0],
      corners: [
        [x, 0, 0],
        [x, y, 0],
        [x, y, z],
        [x, 0, z],
      ],
    },
  ];
}
