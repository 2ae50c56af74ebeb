#ifndef ASSAY_CACHED_BLOCK_H
#define ASSAY_CACHED_BLOCK_H
#include "CKernels.h"
#include "dispatch.h"

// Sixteen positions of a cache as floats: where they lie, or, in a small format, expanded into scratch.

ASSAY_INLINE const float *keys_of(const assay_cache *cache, int block, int head_size, float *expanded) {
  if (cache->type == assay_cache_fp32) return (const float *)cache->keys + (size_t)block * head_size;
  assay_cache_keys(cache, block, head_size, expanded);
  return expanded;
}

ASSAY_INLINE const float *values_of(const assay_cache *cache, int block, int head_size, float *expanded) {
  if (cache->type == assay_cache_fp32) return (const float *)cache->values + (size_t)block * head_size;
  assay_cache_values(cache, block, head_size, expanded);
  return expanded;
}

#endif
