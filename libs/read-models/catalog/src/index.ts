export { findProduct, findProducts, productProvenUpTo, type ProductRow } from './find-product.ts';
export { listProducts } from './list-products.ts';
export { catalogProjection } from './projection.ts';
