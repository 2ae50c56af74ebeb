#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct assay_openblas functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (found) return found;
  fprintf(stderr, "Error: the installed OpenBLAS has no function %s; install version 0.3 or later\n", name);
  exit(1);
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
}

const struct assay_openblas *assay_openblas(void) {
  pthread_once(&once, load);
  return &functions;
}
