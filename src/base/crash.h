/* What happens when foreign code crashes: the terminal is restored, the plugin
 * is named, the signal is raised again. Only write(2) and tcsetattr(3) are used
 * after a crash. Foreign code that calls exit, or ends its thread, is named so
 * too; the program's exit code is that of a plugin that failed. */
#ifndef RT_BASE_CRASH_H
#define RT_BASE_CRASH_H

void rt_crash_install(void); /* once, main thread; SEGV BUS FPE ILL ABRT */
void rt_crash_thread(void);  /* in every thread that runs foreign code */
void rt_crash_thread_end(void);
/* Who runs now on this thread (NULL: ours); the text must outlive it. */
void rt_crash_guest(const char *who);
const char *rt_crash_guest_now(void);
/* Nothing is left for what a program cannot do without: says so and ends it
 * with the exit code of RT_ENOMEM. */
_Noreturn void rt_crash_out_of_memory(void);
/* Bytes to write and modes to restore on a crash while a screen is up; the
 * modes are those of rt_crash_install, before readline and curses. The bytes
 * are copied, at most 256; real_stderr (or -1) takes the message. */
void rt_crash_screen_on(const char *escapes, int tty_fd, int real_stderr);
void rt_crash_screen_off(void);
#endif
