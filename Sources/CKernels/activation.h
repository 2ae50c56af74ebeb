#ifndef ASSAY_ACTIVATION_H
#define ASSAY_ACTIVATION_H
#include "dispatch.h"
#include "exponential.h"

// Evaluated in double and rounded once; branch-free, the same bits on every instruction set.

/// cap * tanh(x / cap)
ASSAY_INLINE float soft_cap(float x, float cap) {
  double u = (double)x / (double)cap;
  double t = exp_f64(u < 0 ? 2 * u : -2 * u);
  double y = (double)cap * ((1 - t) / (1 + t));
  return (float)(u < 0 ? -y : y);
}

/// x / (1 + e^(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3): 0.5 x (1 + tanh u)
ASSAY_INLINE float gelu_tanh(float x) {
  double v = (double)x;
  double u = 0.79788456080286535588 * (v + 0.044715 * (v * v * v));
  double t = exp_f64(u < 0 ? 2 * u : -2 * u);
  return (float)(v * (u < 0 ? t : 1.0) / (1 + t));
}

/// erfc(z) for z >= 0 as t exp(P(2t - 1) - z^2), t = 2 / (2 + z). P is the Chebyshev interpolation of degree 15 of
/// ln(erfc(z) / t) + z^2, computed with mpmath at 50 digits; relative error below 2e-10 for z in [0, 6].
ASSAY_INLINE double erfc_positive(double z) {
  static const double c[16] = {
      -1.30265371978644169,     0.641969792361155052,     0.0194764731997214987,    -0.00956151478267192726,
      -0.000946595348173415572, 0.000366839500994013549,  0.000042523322304663248,  -0.0000202785763196944812,
      -1.62429103819313236e-6,  1.30365608187870849e-6,   1.5626987904657055e-8,    -8.52394169651245923e-8,
      6.53111043850322488e-9,   5.05661358062998682e-9,   -9.88040671189516097e-10, -2.31184885928727866e-10};
  double t = 2 / (2 + z), y = 2 * t - 1;
  double b = 0, previous = 0;
  for (int k = 15; k > 0; k--) {
    double next = (2 * y * b - previous) + c[k];
    previous = b;
    b = next;
  }
  double p = (y * b - previous) + 0.5 * c[0];
  double exponent = p - z * z;
  return t * exp_f64(exponent > 0 ? 0 : exponent);
}

/// x Phi(x), Phi(x) = erfc(-x / sqrt 2) / 2
ASSAY_INLINE float gelu(float x) {
  double z = (double)x * 0.70710678118654752440;
  double half = 0.5 * erfc_positive(z < 0 ? -z : z);
  return (float)((double)x * (z < 0 ? half : 1 - half));
}

#endif
