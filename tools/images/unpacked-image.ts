import type { BuiltImage } from './build-images.ts';
import type { ImageConfig } from './builder.ts';

/** An image whose files lie in a folder. */
export interface UnpackedImage extends BuiltImage {
  readonly root: string;
  readonly config: ImageConfig;
}
