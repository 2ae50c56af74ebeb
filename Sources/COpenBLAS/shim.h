// The system's OpenBLAS; only Tensors/GEMM.swift imports it.
#include <cblas.h>
