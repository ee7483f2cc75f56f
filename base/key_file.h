/* key_file.h: a seed as an operator keeps it: text, one line of 64 hex digits; lines that begin with '#' are comments. Readable
 * by its owner alone. Nodes and tools read the same files.
 *
 * The shell's business (node/, tools/): these two functions touch the disk. Errors: ERR_CONFIG_KEY_FILE,
 * ERR_CONFIG_KEY_OPEN_TO_OTHERS; the refusal names the file. Results untouched on failure.
 */
#ifndef BASE_KEY_FILE_H
#define BASE_KEY_FILE_H

#include "base/crypto.h"

enum err key_file_read(const char *path, struct seed *ret, struct refusal *ret_refusal) MUST_USE;
/* Writes a new one, mode 0600, durably; refuses to replace a file. */
enum err key_file_write(const char *path, const struct seed *seed, struct refusal *ret_refusal) MUST_USE;

#endif
