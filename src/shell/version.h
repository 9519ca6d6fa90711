/* The version, from configure. */
#ifndef RT_SHELL_VERSION_H
#define RT_SHELL_VERSION_H
#include "config.h"
#define RT_VERSION PACKAGE_VERSION
#endif
