#include "COpenBLAS.h"

#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct assay_openblas functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found) return found;
  fprintf(stderr, "Error: the installed OpenBLAS has no function %s; install version 0.3 or later\n", name);
  exit(1);
}

/// A function of the kernel family in use, such as `sgemm_kernel_HASWELL`; null where there is none.
static void *kernel_symbol(void *library, const char *name) {
  char full[64];
  int length = snprintf(full, sizeof full, "%s_%s", name, functions.get_corename());
  if (length < 0 || length >= (int)sizeof full) return NULL;
  for (char *c = full + strlen(name); *c; c++) *c = (char)toupper((unsigned char)*c);
  return dlsym(library, full);
}

static void load(void) {
  // Read by OpenBLAS when it is loaded; later its threads would be running already.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "Error: OpenBLAS (libopenblas.so.0) is not installed; try 'apt-get install libopenblas0'\n");
    exit(1);
  }
  *(void **)&functions.sgemm = symbol(library, "cblas_sgemm");
  *(void **)&functions.get_config = symbol(library, "openblas_get_config");
  *(void **)&functions.get_corename = symbol(library, "openblas_get_corename");
  *(void **)&functions.set_num_threads = symbol(library, "openblas_set_num_threads");
  *(void **)&functions.sgemm_kernel = kernel_symbol(library, "sgemm_kernel");
  *(void **)&functions.sgemm_itcopy = kernel_symbol(library, "sgemm_itcopy");
}

const struct assay_openblas *assay_openblas(void) {
  pthread_once(&once, load);
  return &functions;
}
