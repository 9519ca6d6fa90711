/* A stranger's HDF5 file, read by a short-lived child of this program with
 * limits on memory and time: libhdf5 crashes and hangs on damaged files, and
 * that must not cost a session. The child streams what it finds over a pipe;
 * every length is checked here again.
 * Whoever reads .h5 files begins its main with
 *     if (rt_h5_child_asked(argc, argv))
 *         return rt_h5_child_main(argv);
 * since the child is the running program with other arguments. */
#ifndef RT_FILES_H5_CHILD_H
#define RT_FILES_H5_CHILD_H
#include "files/h5_tree.h"

/* All of a file; values: the numbers of data sets too. What is read is at most
 * 16 times as large as the file, and 64 MB.
 * Errors: RT_EIO; RT_EFORMAT: not HDF5, damaged (with what is known), links
 *         to elsewhere, too large for the file's length. out is empty then. */
int rt_h5_read(const char *file, bool values, struct rt_h5_tree *out,
               struct rt_err *err);

bool rt_h5_child_asked(int argc, char **argv);
int rt_h5_child_main(char **argv); /* the exit code */
#endif
