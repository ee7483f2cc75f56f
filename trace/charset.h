/* charset.h: the character sets of GS1 General Specifications section 7.11: 39 characters (component and
 * part numbers), 82 characters (everything else that is not digits). */
#ifndef TRACE_CHARSET_H
#define TRACE_CHARSET_H

#include <stdbool.h>

enum charset { SET_DIGITS, SET_39, SET_82 };

bool charset_has(enum charset set, char c);

#endif
