#ifndef ASSAY_DISPATCH_H
#define ASSAY_DISPATCH_H

// One source, several instruction sets, chosen once at load time by the dynamic linker.
#if defined(__x86_64__) && defined(__linux__)
#define ASSAY_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ASSAY_CLONES
#endif
#define ASSAY_INLINE static inline __attribute__((always_inline))

// Lane loops need a constant trip count to become straight vector code: a tile is worked on in strips of 32, 16 or 4
// lanes. CALL sees `lane`, the first lane of the strip, and `W`, its lanes.
#define ASSAY_FOR_STRIPS(width, CALL)                                                                                  \
  do {                                                                                                                 \
    int lane = 0;                                                                                                      \
    for (; lane + 32 <= (width); lane += 32) { enum { W = 32 }; CALL; }                                                \
    for (; lane + 16 <= (width); lane += 16) { enum { W = 16 }; CALL; }                                                \
    for (; lane < (width); lane += 4) { enum { W = 4 }; CALL; }                                                        \
  } while (0)

#endif
