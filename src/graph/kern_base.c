/* The kernels for any x86-64 (SSE2). */
#define RT_KERN       rt_kern_base
#define RT_KERN_ISA   "base"
#define RT_KERN_WIDTH 4
#include "graph/kern_body.h"
