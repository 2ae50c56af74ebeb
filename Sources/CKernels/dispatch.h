#ifndef ASSAY_DISPATCH_H
#define ASSAY_DISPATCH_H

// One source, several instruction sets, chosen once at load time by the dynamic linker.
#if defined(__x86_64__) && defined(__linux__)
#define ASSAY_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ASSAY_CLONES
#endif
#define ASSAY_INLINE static inline __attribute__((always_inline))

// Lane loops need a constant trip count to become straight vector code.
#define ASSAY_FOR_WIDTH(width, CALL)                                                                                   \
  do {                                                                                                                 \
    if ((width) == 32) { enum { W = 32 }; CALL; }                                                                      \
    else { enum { W = 16 }; CALL; }                                                                                    \
  } while (0)

#endif
