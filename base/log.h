/* log.h: one line per event, `time level event key=value ...`, to standard error. Only the shell (node/uv_*, tools) logs;
 * pure folders return. Values with spaces, quotes or control characters are quoted and escaped. Not signal safe. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_level_set(enum log_level least);
/* log_line(LOG_INFO, "block.commit", "height=%lu records=%u", h, n): the format gives the key=value part. */
void log_line(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
