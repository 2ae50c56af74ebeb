#include "CKernels.h"
#include "dispatch.h"
#include "exponential.h"

enum { lanes = 16 };

ASSAY_CLONES void assay_attention(const float *restrict query, const float *restrict keys,
                                  const float *restrict values, float *restrict scores, float *restrict out,
                                  int length, int head_size, int group, float scale) {
  int padded = (length + lanes - 1) / lanes * lanes;
  for (int g = 0; g < group; g++) {
    const float *q = query + (size_t)g * head_size;
    float *p = scores + (size_t)g * padded;
    for (int block = 0; block < padded; block += lanes) {
      const float *k = keys + (size_t)block * head_size;
      float dot[lanes] = {0};
      for (int d = 0; d < head_size; d++)
        for (int l = 0; l < lanes; l++) dot[l] += q[d] * k[(size_t)d * lanes + l];
      for (int l = 0; l < lanes; l++) p[block + l] = dot[l] * scale;
    }

    float largest = p[0];
    for (int i = 1; i < length; i++) largest = p[i] > largest ? p[i] : largest;
    float sum[lanes] = {0};
    for (int block = 0; block < padded; block += lanes)
      for (int l = 0; l < lanes; l++) {
        // Positions past the end hold whatever the cache held; they weigh nothing.
        float e = block + l < length ? exp_f32(p[block + l] - largest) : 0.0f;
        p[block + l] = e;
        sum[l] += e;
      }
    for (int stride = lanes / 2; stride > 0; stride /= 2)
      for (int l = 0; l < stride; l++) sum[l] += sum[l + stride];

    float *o = out + (size_t)g * head_size;
    for (int d = 0; d < head_size; d++) o[d] = 0.0f;
    for (int i = 0; i < length; i++) {
      const float *v = values + (size_t)i * head_size;
      float weight = p[i];
      for (int d = 0; d < head_size; d++) o[d] += weight * v[d];
    }
    float inverse = 1.0f / sum[0];
    for (int d = 0; d < head_size; d++) o[d] *= inverse;
  }
}
