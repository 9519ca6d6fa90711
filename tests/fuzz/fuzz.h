/* Fuzz targets: one reader each, fed with anything. A target is a file with
 * LLVMFuzzerTestOneInput; it runs under libFuzzer (`make fuzz`, clang) and
 * under driver.c, which mutates its corpus in a fixed order (`make check`).
 * A reader must give data or an error with text, and keep neither memory nor
 * files. */
#ifndef RT_TESTS_FUZZ_H
#define RT_TESTS_FUZZ_H
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
/* Called once before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The name of a file in memory that holds these bytes, valid until the next
 * call; other processes of this user may read it too. */
const char *fuzz_file(const uint8_t *data, size_t n);
/* The bytes as a file for a reader of data sets: "csv". */
void fuzz_reader(const char *reader, const uint8_t *data, size_t n);
/* Aborts unless the status agrees with the error's text. */
void fuzz_check(int status, const struct rt_err *err);
#endif
