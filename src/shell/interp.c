#include "shell/interp.h"

#include "graph/expr.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/vec.h"
#include "shell/made.h"
#include "shell/script_file.h"
#include "shell/wrap.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <tcl.h>

struct guard;
struct rt_interp {
    Tcl_Interp *tcl;
    struct rt_session *s;
    atomic_int busy;   /* evaluations under way */
    bool direct;       /* the next command is a whole line of a prompt */
    struct rt_err err; /* of the command that failed last */
    bool has_err;
    Tcl_Obj *last;           /* value of the command called last; counted */
    struct rt_str last_text; /* and what people see of it */
    struct rt_str source;    /* of the command that is called next */
    struct rt_made made;     /* by the words of that command */
    RT_VEC(struct guard *) guards;
    struct rt_value last_value; /* of the command called last */
};

/* ---- values -------------------------------------------------------------- */

static Tcl_Obj *to_tcl(const struct rt_value *v)
{
    Tcl_Obj *o;
    switch (v->kind) {
    case RT_VALUE_TEXT:
        return Tcl_NewStringObj(v->text, -1);
    case RT_VALUE_INT:
        return Tcl_NewWideIntObj(v->i);
    case RT_VALUE_NUMBER:
        return Tcl_NewDoubleObj(v->x);
    case RT_VALUE_BOOL:
        return Tcl_NewBooleanObj(v->i != 0);
    case RT_VALUE_LIST:
        o = Tcl_NewListObj(0, NULL);
        for (int i = 0; i < v->n; i++)
            Tcl_ListObjAppendElement(NULL, o, to_tcl(&v->items[i]));
        return o;
    case RT_VALUE_DICT:
        o = Tcl_NewDictObj();
        for (int i = 0; i < v->n; i++)
            Tcl_DictObjPut(NULL, o, Tcl_NewStringObj(v->keys[i], -1),
                           to_tcl(&v->items[i]));
        return o;
    case RT_VALUE_NONE:
        break;
    }
    return Tcl_NewObj();
}

/* ---- the trampoline ------------------------------------------------------ */

/* Takes v over. */
static void keep_last(struct rt_interp *t, Tcl_Obj *value, struct rt_value *v,
                      const char *text)
{
    rt_value_release(&t->last_value);
    t->last_value = *v;
    *v = (struct rt_value){ 0 };
    if (t->last)
        Tcl_DecrRefCount(t->last);
    t->last = value;
    Tcl_IncrRefCount(value);
    rt_str_clear(&t->last_text);
    rt_str_add(&t->last_text, text);
}

static int trampoline(void *data, Tcl_Interp *tcl, int objc,
                      Tcl_Obj *const objv[]);

/* Called before each command: how one of ours is written in the script. */
static int trace(void *data, Tcl_Interp *tcl, int level, const char *source,
                 Tcl_Command token, int objc, Tcl_Obj *const objv[])
{
    struct rt_interp *t = data;
    Tcl_CmdInfo info;
    (void)tcl;
    (void)level;
    (void)objc;
    (void)objv;
    if (!Tcl_GetCommandInfoFromToken(token, &info) ||
        info.objProc != trampoline)
        return TCL_OK;
    rt_str_clear(&t->source);
    rt_str_add(&t->source, source);
    return TCL_OK;
}

static int trampoline(void *data, Tcl_Interp *tcl, int objc,
                      Tcl_Obj *const objv[])
{
    struct rt_interp *t = Tcl_GetAssocData(tcl, "retort", NULL);
    const struct rt_cmd *cmd = data;
    bool direct = t->direct;
    t->direct = false;
    char *source = rt_str_take(&t->source);
    const char **words = rt_xcalloc((size_t)objc, sizeof *words);
    for (int i = 1; i < objc; i++)
        words[i - 1] = Tcl_GetString(objv[i]);

    struct rt_result out;
    struct rt_err err = RT_ERR_INIT;
    rt_result_init(&out);
    int rc = rt_cmd_call(t->s, cmd, words, objc - 1, direct, &out, &err);
    free(words);
    rt_made_note(&t->made, t->s, cmd, source, rc, &err);
    free(source);
    if (rc) {
        t->err = err;
        t->has_err = true;
        Tcl_SetObjResult(tcl, Tcl_NewStringObj(err.text, -1));
        Tcl_Obj *code[] = { Tcl_NewStringObj("RETORT", -1),
                            Tcl_NewStringObj(rt_status_name(rc), -1) };
        Tcl_SetObjErrorCode(tcl, Tcl_NewListObj(2, code));
        rt_result_release(&out);
        /* The program is to end: no catch holds it. (Ctrl-C in a fit that a
         * script waits for is an error that the script may catch.) */
        if (rc == RT_ECANCEL && t->s->quit_code >= 0)
            Tcl_CancelEval(tcl, NULL, NULL, TCL_CANCEL_UNWIND);
        return TCL_ERROR;
    }
    Tcl_Obj *value = to_tcl(&out.value);
    Tcl_SetObjResult(tcl, value);
    struct rt_str text = RT_STR_INIT;
    if (out.text.n)
        rt_wrap(rt_str_c(&out.text),
                direct && !out.as_is ? t->s->table_width : 0, &text);
    else
        rt_value_show(&out.value, &text, t->s->table_width);
    if (!direct && out.looks && text.n && !t->s->nested) {
        t->s->print(t->s, rt_str_c(&text));
        rt_str_clear(&text);
    }
    keep_last(t, value, &out.value, rt_str_c(&text));
    rt_str_release(&text);
    rt_result_release(&out);
    return TCL_OK;
}

/* puts to stdout goes above the prompt and into the screen's log. */
static int print_puts(void *data, Tcl_Interp *tcl, int objc,
                      Tcl_Obj *const objv[])
{
    struct rt_interp *t = data;
    (void)tcl;
    if (objc == 2) {
        struct rt_str line = RT_STR_INIT;
        rt_str_addf(&line, "%s\n", Tcl_GetString(objv[1]));
        t->s->print(t->s, rt_str_c(&line));
        rt_str_release(&line);
        return TCL_OK;
    }
    Tcl_Obj **word = rt_xcalloc((size_t)objc, sizeof(Tcl_Obj *));
    memcpy(word, objv, (size_t)objc * sizeof *word);
    word[0] = Tcl_NewStringObj("::retort::puts", -1);
    Tcl_IncrRefCount(word[0]);
    int rc = Tcl_EvalObjv(tcl, objc, word, 0);
    Tcl_DecrRefCount(word[0]);
    free(word);
    return rc;
}

/* A command that Tcl does not know either (its own `unknown` has looked in its
 * library) is an error with the nearest names. */
static int unknown(void *data, Tcl_Interp *tcl, int objc, Tcl_Obj *const objv[])
{
    struct rt_interp *t = data;
    Tcl_Obj **word = rt_xcalloc((size_t)objc, sizeof(Tcl_Obj *));
    memcpy(word, objv, (size_t)objc * sizeof *word);
    word[0] = Tcl_NewStringObj("::retort::unknown", -1);
    Tcl_IncrRefCount(word[0]);
    int rc = Tcl_EvalObjv(tcl, objc, word, 0);
    Tcl_DecrRefCount(word[0]);
    free(word);
    if (rc != TCL_ERROR || objc < 2 ||
        strncmp(Tcl_GetStringResult(tcl), "invalid command name", 20))
        return rc;
    const char *name = Tcl_GetString(objv[1]);
    t->err = (struct rt_err)RT_ERR_INIT;
    rt_made_unknown(t->s, name, objc > 2 ? Tcl_GetString(objv[2]) : NULL,
                    &t->err);
    t->has_err = true;
    Tcl_SetObjResult(tcl, Tcl_NewStringObj(t->err.text, -1));
    return TCL_ERROR;
}

struct rt_interp *rt_interp_new(struct rt_session *s, struct rt_err *err)
{
    struct rt_interp *t = rt_xcalloc(1, sizeof *t);
    t->s = s;
    t->tcl = Tcl_CreateInterp();
    Tcl_SetAssocData(t->tcl, "retort", NULL, t);
    if (Tcl_Init(t->tcl) != TCL_OK) {
        rt_fail(err, RT_EIO, "Tcl: %s", Tcl_GetStringResult(t->tcl));
        rt_interp_free(t);
        return NULL;
    }
    /* An unknown word is an error, never a program of the shell. */
    Tcl_SetVar(t->tcl, "auto_noexec", "1", TCL_GLOBAL_ONLY);
    Tcl_Eval(t->tcl, "namespace eval ::retort {}; "
                     "rename ::puts ::retort::puts; "
                     "rename ::unknown ::retort::unknown");
    Tcl_CreateObjCommand(t->tcl, "unknown", unknown, t, NULL);
    Tcl_CreateObjCommand(t->tcl, "puts", print_puts, t, NULL);
    for (const struct rt_cmd *const *c = rt_cmds(); *c; c++)
        Tcl_CreateObjCommand(t->tcl, (*c)->name, trampoline,
                             (void *)(uintptr_t)*c, NULL);
    /* What is there before anything is defined, for rt_sweep_state. */
    Tcl_Eval(t->tcl, "set ::retort::globals [info globals];"
                     "set ::retort::procs [info procs ::*];"
                     "set ::retort::spaces [namespace children ::];"
                     "set ::retort::packages [package names]");
    Tcl_ResetResult(t->tcl);
    Tcl_CreateObjTrace(t->tcl, 0, TCL_ALLOW_INLINE_COMPILATION, trace, t, NULL);
    s->interp = t;
    return t;
}

void rt_interp_free(struct rt_interp *t)
{
    if (!t)
        return;
    if (t->last)
        Tcl_DecrRefCount(t->last);
    rt_str_release(&t->last_text);
    Tcl_DeleteInterp(t->tcl);
    rt_str_release(&t->source);
    for (int i = 0; i < t->guards.n; i++)
        free(t->guards.v[i]);
    rt_vec_release(&t->guards);
    rt_made_release(&t->made);
    rt_value_release(&t->last_value);
    free(t);
}

/* ---- evaluation ---------------------------------------------------------- */

static int evaluate(struct rt_interp *t, Tcl_Obj *script, int flags)
{
    rt_made_forget(&t->made);
    Tcl_IncrRefCount(script);
    Tcl_Preserve(t->tcl);
    t->has_err = false;
    atomic_fetch_add(&t->busy, 1);
    int rc = Tcl_EvalObjEx(t->tcl, script, flags);
    atomic_fetch_sub(&t->busy, 1);
    Tcl_Release(t->tcl);
    Tcl_DecrRefCount(script);
    return rc;
}

/* Tcl's error as ours: the text of the command that failed where that is what
 * Tcl reports, and its code. */
static int failure(struct rt_interp *t, int rc, struct rt_err *err)
{
    /* Reading a variable may move the result: the code comes first. */
    const char *code = Tcl_GetVar(t->tcl, "errorCode", TCL_GLOBAL_ONLY);
    const char *text = Tcl_GetStringResult(t->tcl);
    if (Tcl_Canceled(t->tcl, 0) == TCL_ERROR ||
        (code && !strncmp(code, "TCL CANCEL", 10)))
        return rt_fail(err, RT_ECANCEL, "interrupted");
    if (t->has_err && t->err.code == RT_ECANCEL)
        return rt_fail(err, RT_ECANCEL, "%s", t->err.text);
    if (rc == TCL_BREAK || rc == TCL_CONTINUE)
        return rt_fail(err, RT_EINVAL, "%s outside a loop",
                       rc == TCL_BREAK ? "break" : "continue");
    if (t->has_err && !strcmp(text, t->err.text))
        return rt_fail(err, t->err.code, "%s", text);
    return rt_fail(err, RT_EINVAL, "%s", text);
}

/* Where in the script: "(file "x.tcl" line 12)" of errorInfo. */
static void add_place(struct rt_interp *t, const char *name, struct rt_err *err)
{
    if (!err)
        return;
    const char *info = Tcl_GetVar(t->tcl, "errorInfo", TCL_GLOBAL_ONLY);
    const char *at = NULL, *file = NULL;
    for (const char *p = info; p && (p = strstr(p, "(file \"")); p += 7) {
        file = p + 7;
        at = strstr(file, "\" line ");
        break; /* the innermost file */
    }
    if (at)
        rt_err_within(err, "%.*s:%d", (int)(at - file), file, atoi(at + 7));
    else if (name)
        rt_err_within(err, "%s:%d", name, Tcl_GetErrorLine(t->tcl));
}

int rt_interp_file(struct rt_interp *t, const char *file, struct rt_err *err)
{
    int bad = rt_script_check(file, err);
    if (bad)
        return bad;
    Tcl_Obj *word[] = { Tcl_NewStringObj("source", -1),
                        Tcl_NewStringObj("-encoding", -1),
                        Tcl_NewStringObj("utf-8", -1),
                        Tcl_NewStringObj(file, -1) };
    int rc = evaluate(t, Tcl_NewListObj(4, word), TCL_EVAL_GLOBAL);
    if (rc == TCL_OK || rc == TCL_RETURN)
        return 0;
    failure(t, rc, err);
    add_place(t, file, err);
    return rt_err_code(err, RT_EINVAL);
}

int rt_interp_text(struct rt_interp *t, const char *text, const char *name,
                   struct rt_err *err)
{
    int rc = evaluate(t, Tcl_NewStringObj(text, -1), TCL_EVAL_GLOBAL);
    if (rc == TCL_OK || rc == TCL_RETURN)
        return 0;
    failure(t, rc, err);
    add_place(t, name, err);
    return rt_err_code(err, RT_EINVAL);
}

int rt_interp_block(struct rt_interp *t, const char *script, struct rt_err *err)
{
    int rc = Tcl_EvalEx(t->tcl, script, -1, 0);
    return rc == TCL_OK || rc == TCL_RETURN ? 0 : failure(t, rc, err);
}

int rt_interp_value(struct rt_interp *t, const char *script, const char *name,
                    struct rt_str *out, struct rt_err *err)
{
    int rc = evaluate(t, Tcl_NewStringObj(script, -1), 0);
    if (rc != TCL_OK && rc != TCL_RETURN) {
        failure(t, rc, err);
        if (name)
            add_place(t, name, err);
        return rt_err_code(err, RT_EINVAL);
    }
    rt_str_add(out, Tcl_GetStringResult(t->tcl));
    return 0;
}

int rt_interp_test(struct rt_interp *t, const char *condition, bool *holds,
                   struct rt_err *err)
{
    int v = 0;
    if (Tcl_ExprBoolean(t->tcl, condition, &v) != TCL_OK)
        return failure(t, TCL_ERROR, err);
    *holds = v;
    return 0;
}

/* Tells what the result is that Tcl holds now. */
static void tell_result(struct rt_interp *t, const char *name, int line,
                        rt_interp_told *told, void *ctx)
{
    Tcl_Obj *value = Tcl_GetObjResult(t->tcl);
    if (value == t->last) {
        told(ctx, name, line, &t->last_value, rt_str_c(&t->last_text));
        return;
    }
    struct rt_value v = { 0 };
    rt_value_set_word(&v, Tcl_GetString(value));
    told(ctx, name, line, &v, Tcl_GetString(value));
    rt_value_release(&v);
}

/* What a command of a script says that failed, and whether to go on. */
static bool forgiven(const struct rt_interp_each *each, const char *name,
                     int line, struct rt_err *err)
{
    rt_err_within(err, "%s:%d", name, line);
    return each->failed && err && each->failed(each->ctx, err);
}

int rt_interp_each(struct rt_interp *t, const char *text, const char *name,
                   const struct rt_interp_each *each, struct rt_err *err)
{
    const char *p = text, *end = text + strlen(text), *counted = text;
    bool prompt = !name;
    int line = 1;
    while (p < end) {
        Tcl_Parse parse;
        if (Tcl_ParseCommand(t->tcl, p, (int)(end - p), 0, &parse) != TCL_OK) {
            failure(t, TCL_ERROR, err);
            return prompt ? rt_err_code(err, RT_EINVAL)
                          : rt_err_within(err, "%s:%d", name, line);
        }
        const char *next = parse.commandStart + parse.commandSize;
        int words = parse.numWords;
        for (; counted < parse.commandStart; counted++)
            line += *counted == '\n';
        Tcl_Obj *script =
            Tcl_NewStringObj(parse.commandStart, parse.commandSize);
        bool plain = words > 0 && parse.tokenPtr->type == TCL_TOKEN_SIMPLE_WORD;
        char command[64] = "";
        if (plain && parse.tokenPtr->size < (int)sizeof command)
            snprintf(command, sizeof command, "%.*s", parse.tokenPtr->size,
                     parse.tokenPtr->start);
        Tcl_FreeParse(&parse);
        if (words == 0) {
            Tcl_DecrRefCount(script);
            p = next > p ? next : p + 1;
            continue;
        }
        t->direct = prompt && command[0] && rt_cmd_find(command, NULL);
        Tcl_ResetResult(t->tcl);
        int rc = evaluate(t, script, TCL_EVAL_GLOBAL);
        t->direct = false;
        if (rc != TCL_OK && rc != TCL_RETURN) {
            failure(t, rc, err);
            if (prompt)
                add_place(t, NULL, err); /* of a file that it sourced */
            if (prompt || !forgiven(each, name, line, err))
                return rt_err_code(err, RT_EINVAL);
        } else if (each->told) {
            tell_result(t, command, line, each->told, each->ctx);
        }
        if (rc == TCL_RETURN && !prompt)
            return 0;
        p = next;
    }
    return 0;
}

static void show_result(void *ctx, const char *name, int line,
                        const struct rt_value *value, const char *text)
{
    struct rt_str *out = ctx;
    (void)name;
    (void)line;
    (void)value;
    if (*text && out->n && out->s[out->n - 1] != '\n')
        rt_str_addc(out, '\n');
    rt_str_add(out, text);
}

int rt_interp_line(struct rt_interp *t, const char *line, struct rt_str *out,
                   struct rt_err *err)
{
    struct rt_interp_each each = { .told = show_result, .ctx = out };
    return rt_interp_each(t, line, NULL, &each, err);
}

int rt_interp_aside(struct rt_interp *t, const char *script, const char *var,
                    const struct rt_value *value, struct rt_err *err)
{
    Tcl_InterpState was = Tcl_SaveInterpState(t->tcl, TCL_OK);
    bool direct = t->direct;
    t->direct = false;
    Tcl_SetVar2Ex(t->tcl, var, NULL, to_tcl(value), TCL_GLOBAL_ONLY);
    int rc = evaluate(t, Tcl_NewStringObj(script, -1), TCL_EVAL_GLOBAL);
    rc = rc == TCL_OK || rc == TCL_RETURN ? 0 : failure(t, rc, err);
    t->direct = direct;
    Tcl_RestoreInterpState(t->tcl, was);
    return rc;
}

/* ---- guards -------------------------------------------------------------- */

struct guard {
    Tcl_CmdInfo was;
    rt_interp_check *check;
};

static int guarded(void *data, Tcl_Interp *tcl, int objc, Tcl_Obj *const objv[])
{
    const struct guard *g = data;
    struct rt_err err = RT_ERR_INIT;
    const char **words = rt_xcalloc((size_t)objc + 1, sizeof *words);
    for (int i = 0; i < objc; i++)
        words[i] = Tcl_GetString(objv[i]);
    int rc = g->check(words, objc, &err);
    free(words);
    if (!rc)
        return g->was.objProc(g->was.objClientData, tcl, objc, objv);
    Tcl_SetObjResult(tcl, Tcl_NewStringObj(err.text, -1));
    return TCL_ERROR;
}

/* The command keeps its place, whatever it is renamed to. */
int rt_interp_guard(struct rt_interp *t, const char *command,
                    rt_interp_check *check, struct rt_err *err)
{
    struct guard *g = rt_xcalloc(1, sizeof *g);
    g->check = check;
    if (!Tcl_GetCommandInfo(t->tcl, command, &g->was) || !g->was.objProc) {
        free(g);
        return rt_fail(err, RT_ENOENT, "no command '%s' to guard", command);
    }
    Tcl_CmdInfo now = g->was;
    now.objProc = guarded;
    now.objClientData = g;
    Tcl_SetCommandInfo(t->tcl, command, &now);
    rt_vec_push(&t->guards, g);
    return 0;
}

/* ---- small services ------------------------------------------------------ */

bool rt_interp_complete(const char *text)
{
    return Tcl_CommandComplete(text);
}

void rt_interp_quote(const char *word, struct rt_str *out)
{
    int flags;
    int n = Tcl_ScanElement(word, &flags);
    char *buf = rt_xmalloc((size_t)n + 1);
    Tcl_ConvertElement(word, buf, flags | TCL_DONT_QUOTE_HASH);
    rt_str_add(out, buf);
    free(buf);
}

int rt_interp_split(struct rt_interp *t, const char *text,
                    const char *const **words, int *n, struct rt_err *err)
{
    const char **list;
    if (Tcl_SplitList(t->tcl, text, n, &list) != TCL_OK)
        return rt_fail(err, RT_EINVAL, "%s", Tcl_GetStringResult(t->tcl));
    size_t bytes = 0;
    for (int i = 0; i < *n; i++)
        bytes += strlen(list[i]) + 1;
    const char **copy = rt_xmalloc((size_t)(*n + 1) * sizeof *copy + bytes);
    char *at = (char *)(copy + *n + 1);
    for (int i = 0; i < *n; i++) {
        copy[i] = at;
        at = stpcpy(at, list[i]) + 1;
    }
    copy[*n] = NULL;
    Tcl_Free((char *)list);
    *words = copy;
    return 0;
}

static int variable(void *who, const char *name, double *v, struct rt_err *err)
{
    struct rt_interp *t = who;
    Tcl_Obj *value = Tcl_GetVar2Ex(t->tcl, name, NULL, 0);
    if (!value)
        return rt_fail(err, RT_ENOENT, "there is no variable '%s'", name);
    if (Tcl_GetDoubleFromObj(NULL, value, v) != TCL_OK)
        return rt_fail(err, RT_EINVAL,
                       "variable '%s' is '%.40s', want a number", name,
                       Tcl_GetString(value));
    return 0;
}

char *rt_interp_fill(struct rt_interp *t, const char *text, struct rt_err *err)
{
    return rt_expr_fill(text, variable, t, err);
}

int rt_interp_set(struct rt_interp *t, const char *var, const char *value,
                  struct rt_err *err)
{
    if (!Tcl_SetVar(t->tcl, var, value, TCL_GLOBAL_ONLY | TCL_LEAVE_ERR_MSG))
        return rt_fail(err, RT_EINVAL, "%s", Tcl_GetStringResult(t->tcl));
    return 0;
}

void rt_interp_cancel(struct rt_interp *t)
{
    if (atomic_load(&t->busy) > 0)
        Tcl_CancelEval(t->tcl, NULL, NULL, TCL_CANCEL_UNWIND);
}

bool rt_interp_busy(const struct rt_interp *t)
{
    return atomic_load(&t->busy) > 0;
}

char **rt_interp_names(struct rt_interp *t, const char *pattern)
{
    Tcl_Obj *word[] = { Tcl_NewStringObj("info", -1),
                        Tcl_NewStringObj("commands", -1),
                        Tcl_NewStringObj(pattern, -1) };
    const char *const *list = NULL;
    int n = 0;
    if (evaluate(t, Tcl_NewListObj(3, word), TCL_EVAL_GLOBAL) != TCL_OK ||
        rt_interp_split(t, Tcl_GetStringResult(t->tcl), &list, &n, NULL))
        return rt_xcalloc(1, sizeof(char *));
    return (char **)(uintptr_t)list;
}
