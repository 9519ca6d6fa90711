/* Files: read whole, write so that a kill or a full disk leaves the old one.
 * rt_file_replace: open a temporary beside, write, commit (sync, rename, sync
 * of the folder) or abandon. */
#ifndef RT_BASE_FILE_H
#define RT_BASE_FILE_H
#include "base/err.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdio.h>

/* Whole file, gunzipped if it is gzip (by its first bytes); caller frees *data.
 * One NUL follows the n bytes. limit: the most bytes of result, as the file's
 * own header claims them; 0: not known. Half of the machine's memory is the
 * limit in any case: a few MB of gzip may stand for all of it.
 * Errors: RT_EIO, RT_EFORMAT (damaged gzip, with offset; more than limit),
 *         RT_ENOMEM. */
int rt_file_read(const char *path, size_t limit, unsigned char **data,
                 size_t *n, struct rt_err *err);
/* The first bytes of what rt_file_read would give, n at most: how many. 0 where
 * that cannot be told without taking them away (a pipe) or at all. */
size_t rt_file_head(const char *path, void *buf, size_t n);

struct rt_file_replace {
    FILE *f; /* write here */
    char *path, *temp;
};
int rt_file_replace_open(struct rt_file_replace *r, const char *path,
                         struct rt_err *err);
int rt_file_replace_commit(struct rt_file_replace *r, struct rt_err *err);
void rt_file_replace_abandon(
    struct rt_file_replace *r); /* after commit: no-op */
/* The whole of it for text in memory. */
int rt_file_write(const char *path, const void *data, size_t n,
                  struct rt_err *err);

/* Syncs the folder in which path stands: only then a name that was made or
 * renamed there is on the disk. Not 0: errno. */
int rt_file_sync_folder(const char *path);

bool rt_file_exists(const char *path);
int rt_dir_make(const char *path, struct rt_err *err); /* with parents */
/* $XDG_DATA_HOME/retort or RETORT_HOME; $XDG_CONFIG_HOME/retort. Caller frees.
 */
char *rt_dir_data(void);
char *rt_dir_config(void);
/* Folder of the running program (/proc/self/exe). Caller frees. */
char *rt_dir_program(void);
char *rt_path_join(const char *dir, const char *name);
const char *rt_path_base(const char *path); /* after the last / */
const char *rt_path_ext(const char *path);  /* "npy", "" if none */
#endif
