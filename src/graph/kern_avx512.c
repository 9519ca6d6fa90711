/* The kernels for AVX-512 (F, DQ, BW, VL). */
#define RT_KERN       rt_kern_avx512
#define RT_KERN_ISA   "avx512"
#define RT_KERN_WIDTH 16
#include "graph/kern_body.h"
