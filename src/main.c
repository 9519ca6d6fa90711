/* retort: arguments, start-up, the wiring of the layers, exit codes. */
#include "base/crash.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "files/h5_child.h"
#include "graph/blas.h"
#include "look.h"
#include "shell/batch.h"
#include "shell/interp.h"
#include "shell/json_lines.h"
#include "shell/loop.h"
#include "shell/progress.h"
#include "shell/params.h"
#include "shell/repl.h"
#include "shell/rerun.h"
#include "shell/safe.h"
#include "shell/settings.h"
#include "shell/sweep.h"
#include "shell/version.h"
#include "store/checkpoint.h"

#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: retort [OPTION...] [FILE [NAME=VALUE...]]\n"
    "       retort [OPTION...] -c COMMAND | -\n"
    "       retort runs [WORD...] | inspect FILE | doctor | plugin new "
    "NAME\n"
    "\n"
    "  -w          open the watch screen at the first fit\n"
    "  -i          a prompt after FILE or COMMAND\n"
    "  -b          batch: no prompt, no question\n"
    "  -n          no rc file\n"
    "  -k          go on after an error; the exit code is the first one's\n"
    "  -C DIR      go there first\n"
    "  -o KEY=VALUE  a setting (see config) for this start\n"
    "  -c COMMAND  run it\n"
    "  -           read commands from standard input\n"
    "  --no-color  no colours\n"
    "  --json      a line of JSON for each top-level result\n"
    "  --safe      no programs, sockets, libraries, writing outside -C DIR\n"
    "  -V, --version    -h, --help\n"
    "\n"
    "Exit codes: 0 ok, 1 error, 2 usage, 3 data or file, 4 memory or disk,\n"
    "5 diverged, 6 plugin, 7 assert, 129 terminal lost, 130 interrupted,\n"
    "141 output closed, 143 terminated.\n";

struct options {
    const char *file, *command, *dir;
    bool watch, prompt, batch, no_rc, no_color, from_stdin, json, safe, go_on;
    const char *project; /* of --safe; NULL: where it stands */
    char *line;          /* a sub-program as a command line */
    const char *sweep;   /* this process is a point of it */
    int point;
    int rerun;            /* or it repeats this run, 0 none, */
    char *const *changes; /* with these */
    int n_changes;
};

static int misused(const char *what, const char *word)
{
    fprintf(stderr, "retort: %s%s\n%s", what, word, usage);
    return 2;
}

/* Sub-programs are commands of the same name. */
static bool is_program(const char *word)
{
    return !strcmp(word, "runs") || !strcmp(word, "doctor") ||
           !strcmp(word, "plugin") || !strcmp(word, "inspect");
}

static char *join_words(char *const *words, int n)
{
    struct rt_str line = RT_STR_INIT;
    for (int i = 0; i < n; i++) {
        if (i)
            rt_str_addc(&line, ' ');
        rt_interp_quote(words[i], &line);
    }
    return rt_str_take(&line);
}

/* 0 go on, -1 done well, else the exit code. */
static int parse(int argc, char **argv, struct options *o, struct rt_session *s)
{
    if (argc >= 4 && !strcmp(argv[1], "--sweep-point")) {
        o->sweep = argv[2];
        o->point = atoi(argv[3]);
        o->batch = o->no_rc = true;
        argc -= 3;
        argv += 3;
    }
    if (argc >= 3 && !strcmp(argv[1], "--rerun")) {
        o->rerun = atoi(argv[2]);
        o->batch = o->no_rc = true;
        for (int i = 3; i < argc && strncmp(argv[i], "--safe=", 7); i++)
            o->n_changes++;
        o->changes = argv + 3;
        argc -= 2 + o->n_changes;
        argv += 2 + o->n_changes;
    }
    for (int i = 1; i < argc; i++) {
        const char *w = argv[i];
        if (o->file && strchr(w, '=')) {
            char *name = rt_xstrndup(w, (size_t)(strchr(w, '=') - w));
            free(rt_map_set(&s->params, name, rt_xstrdup(strchr(w, '=') + 1)));
            free(name);
        } else if (w[0] != '-') {
            if (o->file || o->command || o->from_stdin)
                return misused("a setting of the script is NAME=VALUE, not ",
                               w);
            if (is_program(w)) {
                o->line = join_words(argv + i, argc - i);
                o->batch = true;
                return 0;
            }
            o->file = w;
        } else if (!strcmp(w, "-w")) {
            o->watch = true;
        } else if (!strcmp(w, "-i")) {
            o->prompt = true;
        } else if (!strcmp(w, "-b")) {
            o->batch = true;
        } else if (!strcmp(w, "-n")) {
            o->no_rc = true;
        } else if (!strcmp(w, "-k")) {
            o->go_on = true;
        } else if (!strcmp(w, "--no-color")) {
            o->no_color = true;
        } else if (!strcmp(w, "--json")) {
            o->json = o->batch = true;
        } else if (!strcmp(w, "--safe")) {
            o->safe = true;
        } else if (!strncmp(w, "--safe=", 7)) {
            o->safe = true;
            o->project = w + 7;
        } else if (!strcmp(w, "-")) {
            o->from_stdin = true;
        } else if (!strcmp(w, "-o")) {
            struct rt_err err = RT_ERR_INIT;
            if (i + 1 >= argc)
                return misused("nothing follows ", w);
            if (rt_settings_change(argv[++i], false, &err)) {
                fprintf(stderr, "retort: -o: %s\n", err.text);
                return 2;
            }
        } else if (!strcmp(w, "-c") || !strcmp(w, "-C")) {
            if (i + 1 >= argc)
                return misused("nothing follows ", w);
            *(w[1] == 'c' ? &o->command : &o->dir) = argv[++i];
        } else if (!strcmp(w, "-V") || !strcmp(w, "--version")) {
            printf("retort %s\n", RT_VERSION);
            return -1;
        } else if (!strcmp(w, "-h") || !strcmp(w, "--help")) {
            fputs(usage, stdout);
            return -1;
        } else {
            return misused("no option ", w);
        }
    }
    return 0;
}

/* OPENBLAS_CORETYPE would change bits and halve the speed, and OpenBLAS has
 * read it before main: take it away and begin again. */
static void without_coretype(char **argv)
{
    const char *core = getenv("OPENBLAS_CORETYPE");
    if (!core)
        return;
    setenv("RETORT_CORETYPE_WAS", core, 1);
    unsetenv("OPENBLAS_CORETYPE");
    execv("/proc/self/exe", argv);
}

/* A number that is free would be given to the next file that is opened, and
 * what is printed would go into it. */
static void fill_standard(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(1);
}

/* Text that did not reach the disk must not end well. */
static int check_output(int code)
{
    if (!fflush(stdout) && !ferror(stdout))
        return code;
    if (code != 128 + SIGPIPE)
        fprintf(stderr, "retort: standard output cannot be written: what was "
                        "printed is not all there\n");
    return code ? code : rt_status_exit(RT_ENOSPC);
}

/* Scripts may go elsewhere before they want the store. */
static void home_from_here(void)
{
    const char *home = getenv("RETORT_HOME");
    char *here = home && *home && *home != '/' ? getcwd(NULL, 0) : NULL;
    if (!here)
        return;
    char *path = rt_path_join(here, home);
    setenv("RETORT_HOME", path, 1);
    free(path);
    free(here);
}

static void look_around(struct rt_session *s, const struct options *o)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    bool dumb = !term || !strcmp(term, "dumb");
    s->tty_out = isatty(STDOUT_FILENO);
    s->tty_err = isatty(STDERR_FILENO) && !dumb;
    s->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") &&
              !getenv("RETORT_ASCII") && !rt_settings()->ascii &&
              !(term && !strcmp(term, "linux"));
    int color = rt_settings()->color;
    bool may = s->tty_out && !dumb && !(no_color && *no_color);
    s->color =
        !o->no_color && color != RT_COLOR_NO && (may || color == RT_COLOR_YES);
    bool terminal = isatty(STDIN_FILENO) && s->tty_out;
    bool script = o->file || o->command || o->from_stdin || o->line;
    s->interactive = !o->batch && isatty(STDIN_FILENO) &&
                     (o->prompt || (!script && terminal));
    s->batch = o->batch || (!isatty(STDIN_FILENO) && !s->tty_out);
    s->watch = o->watch && terminal && !o->batch;
    const char *threads = getenv("RETORT_THREADS");
    int n = threads ? atoi(threads) : rt_settings()->threads;
    rt_pool_threads(n > 0 ? n : rt_pool_cores());
    s->pump = rt_loop_pump;
    s->print = rt_repl_print;
    s->interrupted = rt_loop_interrupted;
    if (isatty(STDIN_FILENO) && !s->batch)
        s->ask = rt_repl_ask;
}

static int report(struct rt_session *s, const struct rt_err *err)
{
    rt_loop_heed();
    if (s->quit_code >= 0)
        return s->quit_code;
    rt_look_close();
    fprintf(stderr, "%serror:%s %s\n", s->color ? "\033[1;31m" : "",
            s->color ? "\033[0m" : "", err->text);
    return rt_status_exit(err->code);
}

static char *all_of_stdin(void)
{
    struct rt_str text = RT_STR_INIT;
    char buf[65536];
    size_t n;
    while ((n = fread(buf, 1, sizeof buf, stdin)) > 0)
        rt_str_addn(&text, buf, n);
    rt_str_addc(&text, '\n');
    return rt_str_take(&text);
}

static int report_line(struct rt_session *s, const struct rt_err *err)
{
    if (s->quit_code < 0)
        rt_json_error(err);
    return report(s, err);
}

/* The scripts of the command line; whether to their end. *code: the program's
 * exit code if it ends now. */
static bool run_scripts(struct rt_session *s, const struct options *o,
                        int *code)
{
    struct rt_err err = RT_ERR_INIT;
    struct rt_batch batch = { .session = s,
                              .json = o->json,
                              .go_on = o->go_on,
                              .report = o->json ? report_line : report };
    int rc = 0;
    char *dir = rt_dir_config();
    char *rc_file = rt_path_join(dir, "retortrc.tcl");
    if (!o->no_rc && rt_file_exists(rc_file))
        rc = rt_interp_file(s->interp, rc_file, &err);
    free(rc_file);
    free(dir);
    if (!rc && (o->file || o->command) && !o->from_stdin)
        rc = rt_params_foresee(s, o->file, o->command, &err);
    if (!rc && o->file)
        rc = rt_batch_file(&batch, o->file, &err);
    if (!rc && o->command)
        rc = rt_batch_text(&batch, o->command, "-c", &err);
    if (!rc && o->line && o->json) {
        rc = rt_batch_text(&batch, o->line, "retort", &err);
    } else if (!rc && o->line) {
        struct rt_str out = RT_STR_INIT;
        rc = rt_interp_line(s->interp, o->line, &out, &err);
        if (!rc && out.n)
            s->print(s, rt_str_c(&out));
        rt_str_release(&out);
    }
    if (!rc && o->from_stdin) {
        char *text = all_of_stdin();
        rc = rt_batch_text(&batch, text, "stdin", &err);
        free(text);
    }
    if (!rc && o->sweep)
        rc = rt_sweep_child(s, o->sweep, o->point, &err);
    if (!rc && o->rerun) {
        rc = rt_rerun_child(s, o->rerun, (const char *const *)o->changes,
                            o->n_changes, &err);
        if (rc) { /* told to the one that began it */
            *code = s->quit_code >= 0 ? s->quit_code : rt_status_exit(rc);
            return false;
        }
    }
    if (!rc)
        rc = rt_params_check(s, &err);
    *code = rc ? batch.report(s, &err) : batch.code;
    return !rc;
}

/* A script that ends while a fit runs waits for it. */
static int wait_for_runs(struct rt_session *s)
{
    struct rt_err err = RT_ERR_INIT;
    for (int i = 0; i < s->runs.n && s->quit_code < 0; i++) {
        struct rt_session_run *r = s->runs.v[i];
        if (!r->run)
            continue;
        if (rt_progress_wait(s, r, &err))
            return report(s, &err);
        if (!r->run)
            rt_progress_end(s, r);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (rt_h5_child_asked(argc, argv))
        return rt_h5_child_main(argv);
    without_coretype(argv);
    fill_standard();
    home_from_here();
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    gsl_set_error_handler_off();
    rt_crash_install();
    rt_flush_denormals();
    rt_blas_start();

    struct options o = { 0 };
    struct rt_err err = RT_ERR_INIT;
    struct rt_session *s = rt_session_new();
    if (rt_settings_read(&err))
        fprintf(stderr, "retort: %s; the defaults hold\n", err.text);
    err = (struct rt_err)RT_ERR_INIT;
    int code = parse(argc, argv, &o, s);
    if (code) {
        rt_session_free(s);
        return code < 0 ? 0 : code;
    }
    if (o.dir && chdir(o.dir)) {
        fprintf(stderr, "retort: cannot go to %s\n", o.dir);
        return 2;
    }
    bool nothing = !o.file && !o.command && !o.line && !o.from_stdin &&
                   !o.sweep && !o.rerun;
    if (nothing && (!isatty(STDIN_FILENO) || o.batch))
        o.from_stdin = true;
    look_around(s, &o);
    if (rt_blas_room(rt_pool_n_threads(), &err)) {
        fprintf(stderr, "retort: %s\n", err.text);
        _exit(rt_status_exit(err.code));
    }
    if (!rt_interp_new(s, &err) || rt_loop_start(s, &err)) {
        fprintf(stderr, "retort: %s\n", err.text);
        return rt_status_exit(err.code);
    }
    if (o.safe && rt_safe_begin(s, o.project, &err)) {
        fprintf(stderr, "retort: %s\n", err.text);
        return 1;
    }
    if (o.json)
        s->print = rt_json_print;
    rt_look_start(s);
    rt_repl_start(s);
    if (s->interactive && nothing)
        printf(
            "retort %s - help lists the commands, Tab completes, quit leaves\n",
            RT_VERSION);
    bool whole = run_scripts(s, &o, &code);
    if (whole)
        rt_look_until_closed(s);
    if (s->interactive && s->quit_code < 0) {
        rt_repl_run(s);
        code = s->quit_code;
    } else if (whole) {
        int of_run = wait_for_runs(s);
        code = code ? code : of_run;
    }
    rt_loop_heed();
    if (s->quit_code >= 0)
        code = s->quit_code;
    rt_look_close();
    rt_repl_stop();
    rt_loop_stop();
    code = check_output(code);
    if (!rt_progress_wind_up(s)) {
        /* A thread is in foreign code: nothing can be freed under it. What it
         * owns in the store is found without an owner, and so interrupted. */
        if (s->store)
            rt_store_flush(s->store);
        fflush(NULL);
        _exit(code);
    }
    rt_session_drain(s);
    err = (struct rt_err)RT_ERR_INIT;
    if (s->store && rt_store_keep(s->store, &err))
        fprintf(stderr, "warning: %s\n", err.text);
    struct rt_interp *interp = s->interp;
    rt_session_free(s);
    rt_interp_free(interp);
    rt_pool_stop();
    rt_settings_free();
    free(o.line);
    return code;
}
