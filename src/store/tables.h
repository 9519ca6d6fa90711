/* The tables of the store. A change adds a step at the end and never alters
 * one that was released. */
#ifndef RT_STORE_TABLES_H
#define RT_STORE_TABLES_H

/* For rt_db_open. */
extern const char *const rt_store_tables[];

enum { /* note.kind */
       RT_NOTE_MESSAGE = 0,
       RT_NOTE_ORDER = 1,
};
#endif
