#include "CKernels.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

// Threads spin for a short while between jobs: a decode step is hundreds of jobs of tens of microseconds each, and
// waking a sleeping thread costs as much as one of them. On a machine that is busy with other work they soon yield.
enum { spins_before_yield = 1000, spins_before_sleep = 3000 };

struct assay_pool {
  int threads;
  pthread_t *workers;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  atomic_uint generation;
  atomic_int next, running, sleeping, stop;
  int count;
  void (*body)(void *, int);
  void *context;
};

static inline void pause_briefly(int spins) {
  if (spins > spins_before_yield) {
    sched_yield();
    return;
  }
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static void take_tasks(assay_pool *pool) {
  int count = pool->count;
  for (;;) {
    int index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
    if (index >= count) return;
    pool->body(pool->context, index);
  }
}

static void *work(void *argument) {
  assay_pool *pool = argument;
  unsigned seen = 0;
  for (;;) {
    int spins = 0;
    while (atomic_load(&pool->generation) == seen) {
      if (++spins < spins_before_sleep) {
        pause_briefly(spins);
        continue;
      }
      pthread_mutex_lock(&pool->mutex);
      atomic_fetch_add(&pool->sleeping, 1);
      while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
      atomic_fetch_sub(&pool->sleeping, 1);
      pthread_mutex_unlock(&pool->mutex);
    }
    seen = atomic_load(&pool->generation);
    if (atomic_load(&pool->stop)) return NULL;
    take_tasks(pool);
    atomic_fetch_sub(&pool->running, 1);
  }
}

assay_pool *assay_pool_create(int threads) {
  assay_pool *pool = calloc(1, sizeof(assay_pool));
  if (!pool) return NULL;
  pool->threads = 1;
  pool->workers = calloc((size_t)(threads > 1 ? threads - 1 : 1), sizeof(pthread_t));
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  for (int i = 0; pool->workers && i < threads - 1; i++) {
    if (pthread_create(&pool->workers[i], NULL, work, pool) != 0) break;  // fewer threads, the same results
    pool->threads++;
  }
  return pool;
}

static void publish(assay_pool *pool) {
  atomic_store(&pool->running, pool->threads - 1);
  atomic_fetch_add(&pool->generation, 1);
  if (atomic_load(&pool->sleeping) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
  }
}

void assay_pool_run(assay_pool *pool, int count, void (*body)(void *, int), void *context) {
  if (pool->threads == 1 || count <= 1) {
    for (int i = 0; i < count; i++) body(context, i);
    return;
  }
  pool->count = count;
  pool->body = body;
  pool->context = context;
  atomic_store(&pool->next, 0);
  publish(pool);
  take_tasks(pool);
  for (int spins = 0; atomic_load(&pool->running) > 0; spins += spins <= spins_before_yield) pause_briefly(spins);
}

void assay_pool_destroy(assay_pool *pool) {
  if (!pool) return;
  atomic_store(&pool->stop, 1);
  publish(pool);
  for (int i = 0; i < pool->threads - 1; i++) pthread_join(pool->workers[i], NULL);
  pthread_mutex_destroy(&pool->mutex);
  pthread_cond_destroy(&pool->wake);
  free(pool->workers);
  free(pool);
}

static pthread_key_t scratch_keys[2];
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static void make_scratch_keys(void) {
  for (int i = 0; i < 2; i++) pthread_key_create(&scratch_keys[i], free);
}

static void *scratch(int slot, size_t bytes) {
  // The first 64 bytes hold the size.
  pthread_once(&scratch_once, make_scratch_keys);
  size_t *memory = pthread_getspecific(scratch_keys[slot]);
  if (!memory || *memory < bytes) {
    free(memory);
    memory = aligned_alloc(64, (bytes + 64 + 63) / 64 * 64);
    pthread_setspecific(scratch_keys[slot], memory);
    if (!memory) abort();
    *memory = bytes;
  }
  return (char *)memory + 64;
}

void *assay_scratch(size_t bytes) { return scratch(0, bytes); }
void *assay_outer_scratch(size_t bytes) { return scratch(1, bytes); }
