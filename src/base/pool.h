/* Worker threads for kernels and loaders. rt_pool_run splits nothing by itself:
 * the caller fixes the number of chunks by the shape alone, so results depend
 * neither on the thread count nor on what else runs. The calling thread works
 * too and never waits for a chunk that nobody has begun: several runs share
 * one pool without a deadlock. Flushes denormals in every worker. */
#ifndef RT_BASE_POOL_H
#define RT_BASE_POOL_H

typedef void rt_chunk_fn(void *arg, int chunk);

/* n threads in all (the caller counts as one); refuses while jobs are under
 * way by waiting for them. n >= 1. Thread: main. */
void rt_pool_threads(int n);
int rt_pool_n_threads(void);
int rt_pool_cores(void); /* of this machine, as the process may use them */
/* Calls fn(arg, 0..n_chunks-1), each once, in any order; returns when all are
 * done. Thread: any. With one thread or one chunk: a plain loop. */
void rt_pool_run(int n_chunks, rt_chunk_fn *fn, void *arg);
void rt_pool_stop(void); /* joins the workers, at exit */
/* Denormals become zero on this thread. Every thread that computes calls it. */
void rt_flush_denormals(void);
#endif
