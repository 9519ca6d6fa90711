/* Why no foreign keys: rows of a run are written by a thread that must not fail
 * for what another program did to the run's row.
 * A NULL value of a metric is NaN. An order's row is made before it is applied
 * (with its words as text and a NULL code) and filled in by the answer; orders
 * without a number were refused before that.
 * A run's fit is its line, without what says where to wait; dir the folder in
 * which it was given. A branch of a run has it as parent, from the end of
 * parent_epoch on. A checkpoint's epoch, batch and orders tell where it stands:
 * the boundary, and the number of the newest order applied by then; its name is
 * NULL unless a person gave one.
 * A run's script is what its row in script says and those that this builds on
 * (store/scripts.c).
 * A run's tags are words between blanks; deleted is when it was, NULL if it was
 * not; point holds the settings of a sweep's point, a Tcl list; repeats is the
 * run it was asked to repeat; origin says where one came from that was made in
 * another store. A point of a sweep without a rank is not wanted
 * now, but kept. */
#include "store/tables.h"

#include <stddef.h>

static const char version_1[] =
    "CREATE TABLE run ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL, model TEXT NOT NULL,"
    " state TEXT NOT NULL, reason TEXT,"
    " script TEXT, settings TEXT,"
    " data TEXT, data_hash INTEGER, model_hash INTEGER,"
    " seed INTEGER,"
    " version TEXT, blas TEXT, isa TEXT, threads INTEGER,"
    " epochs INTEGER, batch_size INTEGER, params INTEGER,"
    " begun REAL, ended REAL);"
    "CREATE INDEX run_by_name ON run (name);"
    "CREATE TABLE series ("
    " run INTEGER, number INTEGER,"
    " key TEXT, unit TEXT, output TEXT, mode INTEGER,"
    " PRIMARY KEY (run, number)) WITHOUT ROWID;"
    "CREATE TABLE epoch ("
    " run INTEGER, epoch INTEGER,"
    " step INTEGER, n_batches INTEGER, wall REAL,"
    " PRIMARY KEY (run, epoch)) WITHOUT ROWID;"
    "CREATE TABLE metric ("
    " run INTEGER, series INTEGER, epoch INTEGER,"
    " value REAL,"
    " PRIMARY KEY (run, epoch, series)) WITHOUT ROWID;"
    "CREATE TABLE note ("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER, kind INTEGER, wall REAL,"
    " epoch INTEGER, batch INTEGER, n_batches INTEGER,"
    " who TEXT, text TEXT, says TEXT, code INTEGER,"
    " number INTEGER, by_callback INTEGER, mark INTEGER);"
    "CREATE INDEX note_by_run ON note (run, kind, code);";

static const char version_2[] =
    "ALTER TABLE run ADD COLUMN parent INTEGER;"
    "ALTER TABLE run ADD COLUMN parent_epoch INTEGER;"
    "ALTER TABLE run ADD COLUMN dir TEXT;"
    "ALTER TABLE run ADD COLUMN fit TEXT;"
    "ALTER TABLE run ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE checkpoint ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " run INTEGER NOT NULL, file TEXT NOT NULL, name TEXT, why TEXT,"
    " wall REAL, epoch INTEGER, batch INTEGER, step INTEGER,"
    " orders INTEGER, best_epoch INTEGER,"
    " size INTEGER, hash INTEGER);"
    "CREATE INDEX checkpoint_by_run ON checkpoint (run, id);";

static const char version_3[] =
    "ALTER TABLE run ADD COLUMN label TEXT;"
    "ALTER TABLE run ADD COLUMN tags TEXT;"
    "ALTER TABLE run ADD COLUMN note TEXT;"
    "ALTER TABLE run ADD COLUMN deleted REAL;"
    "ALTER TABLE run ADD COLUMN point TEXT;"
    "ALTER TABLE run ADD COLUMN repeats INTEGER;"
    "ALTER TABLE run ADD COLUMN weights_hash INTEGER;"
    "CREATE TABLE sweep ("
    " name TEXT PRIMARY KEY, script TEXT, space TEXT, method TEXT,"
    " goal TEXT, maximize INTEGER, begun REAL);"
    "CREATE TABLE point ("
    " sweep TEXT NOT NULL, number INTEGER NOT NULL, rank INTEGER,"
    " settings TEXT NOT NULL, hash INTEGER, state TEXT NOT NULL,"
    " reason TEXT, result TEXT, run INTEGER, begun REAL, ended REAL,"
    " PRIMARY KEY (sweep, number), UNIQUE (sweep, settings));";

/* A script that begins with the one before keeps what it adds to it. */
static const char version_4[] =
    "CREATE TABLE script ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " base INTEGER, keep INTEGER NOT NULL, text TEXT NOT NULL);"
    "INSERT INTO script"
    " SELECT id, CASE WHEN n THEN before END, n,"
    " CASE WHEN n THEN substr(script, length(was) + 1) ELSE script END"
    " FROM (SELECT *, CASE WHEN was <> '' AND"
    "  substr(script, 1, length(was)) = was"
    "  THEN length(CAST(was AS BLOB)) ELSE 0 END n"
    "  FROM (SELECT id, script, lag(id) OVER w before, lag(script) OVER w was"
    "   FROM run WHERE script IS NOT NULL"
    "   WINDOW w AS (PARTITION BY dir ORDER BY id)));"
    "ALTER TABLE run DROP COLUMN script;"
    "ALTER TABLE run ADD COLUMN script INTEGER;"
    "UPDATE run SET script = id WHERE id IN (SELECT id FROM script);";

/* The best value of a series and the branches of a run without going through
 * all that there are. */
static const char version_5[] =
    "CREATE INDEX metric_by_value ON metric (run, series, value);"
    "CREATE INDEX run_by_parent ON run (parent);";

static const char version_6[] = "ALTER TABLE run ADD COLUMN origin TEXT;";

const char *const rt_store_tables[] = { version_1, version_2, version_3,
                                        version_4, version_5, version_6,
                                        NULL };
