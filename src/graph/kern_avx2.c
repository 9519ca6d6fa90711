/* The kernels for AVX2 with FMA. */
#define RT_KERN       rt_kern_avx2
#define RT_KERN_ISA   "avx2"
#define RT_KERN_WIDTH 8
#include "graph/kern_body.h"
