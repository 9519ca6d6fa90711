/* Runs a target without libFuzzer: its corpus, then so many mutations of it in
 * an order fixed by the seed.
 * usage: fuzz_X CORPUS RUNS [FILE to write the input under way to] */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 64, MOST = 1 << 20 };
static struct input {
    uint8_t *v;
    size_t n;
} input[FILES];
static int n_inputs;
static uint64_t state = 0x9e3779b97f4a7c15;

/* xorshift64*: Vigna 2016. */
static uint64_t draw(uint64_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return below ? (state * 0x2545f4914f6cdd1d >> 11) % below : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_corpus(const char *folder)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, NULL, by_name);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        FILE *f = entry[i]->d_name[0] == '.' ? NULL : fopen(path, "rb");
        free(entry[i]);
        if (!f)
            continue;
        uint8_t *v = malloc(MOST);
        size_t got = fread(v, 1, MOST, f);
        fclose(f);
        if (n_inputs < FILES)
            input[n_inputs++] = (struct input){ realloc(v, got + 1), got };
        else
            free(v);
    }
    if (n >= 0)
        free(entry);
}

static void flip(uint8_t *v, size_t n)
{
    static const uint8_t put[] = { 0, 0xff, 0x80, 0x7f, 1, '9', '{', '"' };
    size_t at = (size_t)draw(n);
    uint64_t how = draw(4);
    if (how == 0)
        v[at] = put[draw(sizeof put)];
    else if (how == 1)
        v[at] ^= (uint8_t)(1 << draw(8));
    else if (how == 2)
        v[at] = (uint8_t)draw(256);
    else
        v[at] = (uint8_t)(v[at] + draw(3) - 1);
}

/* A number of 2, 4 or 8 bytes, as lengths and offsets are. */
static void put_number(uint8_t *v, size_t n)
{
    static const uint64_t odd[] = { 0,          1,          0x7fffffff,
                                    0xffffffff, 0x80000000, 0x100000000,
                                    UINT64_MAX, INT64_MAX,  0xffff };
    size_t width = (size_t)2 << draw(3);
    uint64_t number = odd[draw(sizeof odd / sizeof *odd)];
    if (n >= width)
        memcpy(v + draw(n - width + 1), &number, width);
}

/* Takes out or doubles a piece. */
static size_t move_piece(uint8_t *v, size_t n, size_t room)
{
    size_t from = (size_t)draw(n), len = 1 + (size_t)draw(64);
    if (from + len > n)
        len = n - from;
    if (draw(2)) {
        memmove(v + from, v + from + len, n - from - len);
        return n - len;
    }
    if (n + len > room)
        return n;
    memmove(v + from + len, v + from, n - from);
    return n + len;
}

static size_t splice(uint8_t *v, size_t n, size_t room)
{
    const struct input *other = &input[draw((uint64_t)n_inputs)];
    size_t at = (size_t)draw(n), from = (size_t)draw(other->n);
    size_t len = other->n - from;
    if (at + len > room)
        len = room - at;
    memcpy(v + at, other->v + from, len);
    return at + len;
}

static size_t mutate(const struct input *in, uint8_t *v, size_t room)
{
    size_t n = in->n;
    memcpy(v, in->v, n);
    for (uint64_t k = 1 + draw(4); k > 0 && n > 0; k--) {
        uint64_t how = draw(16);
        if (how < 9)
            flip(v, n);
        else if (how < 12)
            put_number(v, n);
        else if (how < 14)
            n = move_piece(v, n, room);
        else if (how < 15)
            n = splice(v, n, room);
        else
            n = (size_t)draw(n);
    }
    return n;
}

/* An exact copy on the heap, so that a byte beyond it is seen. */
static void run(const uint8_t *v, size_t n, const char *keep)
{
    uint8_t *exact = malloc(n ? n : 1);
    memcpy(exact, v, n);
    FILE *f = keep ? fopen(keep, "wb") : NULL;
    if (f) {
        fwrite(v, 1, n, f);
        fclose(f);
    }
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    if (argc < 3) {
        fprintf(stderr, "usage: %s CORPUS RUNS [FILE]\n", argv[0]);
        return 2;
    }
    long runs = atol(argv[2]);
    const char *keep = argc > 3 ? argv[3] : NULL;
    read_corpus(argv[1]);
    if (!n_inputs) {
        fprintf(stderr, "%s: no files in %s\n", argv[0], argv[1]);
        return 1;
    }
    uint8_t *v = malloc(MOST);
    for (int i = 0; i < n_inputs; i++)
        run(input[i].v, input[i].n, keep);
    for (long i = 0; i < runs; i++)
        run(v, mutate(&input[i % n_inputs], v, MOST), keep);
    for (int i = 0; i < n_inputs; i++)
        free(input[i].v);
    free(v);
    printf("%d files, %ld mutations\n", n_inputs, runs);
    return 0;
}
